import type { ArgValue } from "@/lib/core/services/allow-list";
import type { Risk, ServiceAction } from "@/lib/core/base/vocabulary";
import type { Entry, Spec } from "./entry";

/** What operations reach the outside with. */
export interface OperationPorts {
  /** Sentinel's own environment; programs are given only the few variables of it that they need. */
  env: Readonly<Record<string, string | undefined>>;
  /** Null: no pull request can be opened. */
  github: { api: string; token: string } | null;
  /** Epoch ms. */
  now: () => number;
}

/** An operation with everything filled in: it does the same whenever it is performed. */
export interface Prepared {
  /** As on the list, with its undo's arguments filled in. */
  entry: Entry;
  service: string;
  args: Record<string, ArgValue>;
  kind: ServiceAction;
  risk: Risk;
  reversible: boolean;
  blastRadius: string;
  destroysEvidence: boolean;
  /** Exactly what is done. */
  runs: Spec;
}

/** What an operation did, as far as it can know. */
export interface Performed {
  /** That it was carried out. Whether it helped is measured: an exit code or an answer proves nothing about the service. */
  ok: boolean;
  /** A sentence, redacted. */
  detail: string;
  /** What is kept of it: output, status, addresses; redacted and bounded. */
  result: Record<string, unknown>;
}

/** Who and why, for those who read of it elsewhere (a pull request's text). Untrusted text is fenced in there. */
export interface Occasion {
  incident: string;
  /** Statements with the findings they cite. */
  citations: readonly string[];
}
