import { FROM_CHANGE } from "@/lib/core/causes/cause-kinds";
import type { BundleChange, CauseHypothesis, Finding } from "@/lib/core/evidence/bundle";
import type { Screen } from "./screen";

/** A change counts as the one meant if its finding's time is this close to its own, in seconds. */
const SAME_TIME = 1;

/**
 * The text of a rollback pull request for the change that the first hypothesis cites, for people to read; null when it
 * points to none. Where and how to roll back is an offer's business.
 */
export function draftRollback(
  cause: CauseHypothesis,
  findings: readonly Finding[],
  changes: readonly BundleChange[],
  screen: Screen,
): { title: string; body: string } | null {
  if (cause.node === null) return null;
  const cited = findings.filter((f) => f.kind === "change" && f.node === cause.node && cause.cites.includes(f.id));
  if (cited.length === 0 && !FROM_CHANGE.some((kind) => kind === cause.kind)) return null;
  const own = changes.filter(({ node }) => node === cause.node).toSorted((a, b) => b.t - a.t);
  const change = own.find((c) => cited.some((f) => f.at !== undefined && Math.abs(f.at - c.t) <= SAME_TIME)) ?? own[0];
  if (change === undefined) return null;
  const at = new Date(change.t * 1000).toISOString();
  const evidence = findings
    .filter(({ id }) => cause.cites.includes(id))
    .map((f) => `- ${f.id}: ${screen.plain(f.text)}`);
  return {
    title: `Roll back the ${screen.plain(change.kind)} of ${change.node} of ${at}`,
    body: [
      `The incident coincides with this ${screen.plain(change.kind)} (${JSON.stringify(screen.plain(change.summary))}).`,
      `${screen.plain(cause.statement)} (${Math.round(100 * cause.confidence)} %)`,
      "",
      "Evidence for it:",
      ...evidence,
      "",
      "Whether it helped is decided by the measurements that raised the incident.",
    ].join("\n"),
  };
}
