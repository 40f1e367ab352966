import type { ArgValue, Params } from "@/lib/core/services/allow-list";
import type { DeclaredChange } from "@/lib/core/base/declared";
import type { Risk, CauseKind } from "@/lib/core/base/vocabulary";

/** How an operation is taken back: by another entry, or by itself. Arguments that are not named have their defaults. */
export interface Undo {
  action: string;
  args?: Record<string, ArgValue>;
}

/** A program and its arguments as they are, no shell; `{param}` and `{service}` only ever inside one item. */
export interface CommandSpec {
  kind: "run_command";
  argv: string[];
  /** Says what it would do, and does nothing. */
  dryRun: string[] | null;
  cwd: string | null;
  /** Names of further variables that the program is given, besides the usual ones. */
  env: string[];
  timeoutMs: number;
}

export interface WebhookSpec {
  kind: "call_webhook";
  /** https, or http to loopback. */
  url: string;
  /** The body as it is sent; null: an event in our own words. */
  body: Record<string, ArgValue> | null;
  /** Signature over id, time and body (Standard Webhooks). A function, so that no secret is ever written down with the entry. */
  sign: (id: string, at: Date, body: string) => string;
  timeoutMs: number;
}

export interface RollbackSpec {
  kind: "open_rollback_pr";
  owner: string;
  repo: string;
  base: string;
  /** Files, or folders ending in `/`, that it may put back. */
  paths: string[];
  /** Of the whole exchange. */
  timeoutMs: number;
}

/** One declared value of a repository is replaced by another that is declared beside it. There is one such entry, and no file can add another. */
export interface ChangeSpec {
  kind: "open_change_pr";
  owner: string;
  repo: string;
  base: string;
  /** What names the change: one of `changes`. */
  change: string;
  /** Every change that there is, by what names it. */
  changes: ReadonlyMap<string, DeclaredChange>;
  /** Of the whole exchange. */
  timeoutMs: number;
}

/** An operation of a drill: its recording goes on as it did after this operation. It exists nowhere else. */
export interface ReplaySpec {
  kind: "replay";
  /** What people read as what would run. */
  shown: string[];
}

/** What runs. On the list with placeholders, in a prepared operation with everything filled in. */
export type Spec = CommandSpec | WebhookSpec | RollbackSpec | ChangeSpec | { kind: "notify" } | ReplaySpec;

/** One operation of the allow-list. */
export interface Entry {
  name: string;
  title: string;
  /** Patterns; see `covers`. */
  services: string[];
  /** What it is good for, the most fitting first. */
  remedies: CauseKind[];
  risk: Risk;
  reversible: boolean;
  undo: Undo | null;
  /** For whoever decides; placeholders are filled in. */
  blastRadius: string;
  /** Whether what the service holds in memory and on its console is gone afterwards. */
  destroysEvidence: boolean;
  params: Params;
  spec: Spec;
}
