import type { CauseKind } from "../base/vocabulary";

/** A change of the service, as it was declared: `from` and `to` are versions or values, null where unknown; `at` in epoch ms. */
interface Changed {
  kind: string;
  at: number;
  from: string | null;
  to: string | null;
}

/** Longer values (a whole setting, a diff) are left out of a sentence. */
const VALUE_CHARS = 60;
const said = (value: string | null): string | null =>
  value !== null && value.length > 0 && value.length <= VALUE_CHARS ? value : null;

/**
 * What a person would do about a cause at a service, in the imperative, without a full stop. `change`: the latest of those in
 * {@link CHANGES_OF} before the incident, if any. Where the kind says only that something is wrong with it (slow, failing, silent), that change is
 * what to look at first, and without one nothing in particular follows: null.
 */
export function manualStep(service: string, kind: CauseKind, change: Changed | null): string | null {
  const [from, to] = [said(change?.from ?? null), said(change?.to ?? null)];
  switch (kind) {
    case "deploy_regression":
      if (from !== null) return `roll ${service} back to ${from}`;
      return to === null
        ? `roll ${service} back to the version before`
        : `roll ${service} back to the version before ${to}`;
    case "config_regression":
      if (from !== null && to !== null) return `set the configuration of ${service} back from ${to} to ${from}`;
      return `take back the latest configuration change of ${service}`;
    case "dependency_failure":
      return `restore what ${service} depends on, or point it to a replica that works`;
    case "resource_exhaustion":
      return `raise the limit that ${service} has reached, or free what it has used up`;
    case "memory_leak":
      return `restart ${service} before it runs out of memory, and look for what it keeps`;
    case "overload":
      return `scale ${service} out, or shed load`;
    case "crash":
      return `restart ${service}, and read the last lines before it ended`;
    case "slow":
    case "failing":
    case "silent": {
      if (change === null) return null;
      const back = manualStep(service, regressionBy(change), change)!;
      return `check whether the ${change.kind === "deploy" ? "deployment" : "change"} of ${new Date(change.at).toISOString().slice(11, 16)} UTC brought it; if so, ${back}`;
    }
  }
}

/** The kind of cause that a change is, if it brought the trouble. */
export const regressionBy = ({ kind }: Pick<Changed, "kind">): CauseKind =>
  kind === "deploy" ? "deploy_regression" : "config_regression";

const CONFIG = ["config", "prompt", "model", "tools"] as const;
const ANY = ["deploy", ...CONFIG] as const;
/** Kinds of change that a cause of this kind may have come from. */
export const CHANGES_OF: Partial<Record<CauseKind, readonly string[]>> = {
  deploy_regression: ["deploy"],
  config_regression: CONFIG,
  slow: ANY,
  failing: ANY,
  silent: ANY,
};
