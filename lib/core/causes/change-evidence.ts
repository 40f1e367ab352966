import type { Bundle, BundleChange } from "../evidence/bundle";
import { affinityOfChange } from "./cause-kinds";
import { exposureOf } from "./change-exposure";
import { type RankedChange, rankChanges } from "./changes";
import { iso } from "../evidence/log-findings";
import { redact } from "../evidence/redact";
import { TUNING, type Tuning } from "./tunables";
import { compareVersions, versionFactor, versionFindings } from "./version-compare";
import { type Onset, type WeightedEvidence, givesOrders } from "./weighted-evidence";

/** What does not differ between versions is told, and is no sign of trouble. */
const VERSION_FROM = 0.3;
/** A change that explains less than this is listed nowhere. */
const CHANGE_FROM = 0.02;
const CHANGES_TOLD = 10;
/** Changes as signs, and which node each concerns. */
export function changeEvidence(
  bundle: Bundle,
  onset: Onset,
  suspicion: ReadonlyMap<string, number>,
  seen: readonly string[],
  named: ReadonlySet<string>,
  pastBlame?: (change: BundleChange) => number | null,
  tuning: Tuning = TUNING,
): WeightedEvidence[] {
  const { target, edges } = bundle;
  // A summary that gives orders is not compared with what was seen: it may have been written to look like it.
  const quoted = new Map(
    bundle.changes.map((change) => [
      givesOrders([change.summary, change.diff ?? "", ...(change.files ?? [])].join("\n"))
        ? { ...change, summary: "", diff: undefined, files: [] }
        : change,
      change,
    ]),
  );
  const changes = [...quoted.keys()];
  const ranked = rankChanges({
    changes,
    target,
    edges,
    onset,
    suspicion,
    seen,
    named,
    version: versionFactor(compareVersions(bundle)),
    exposure: exposureOf(bundle, onset?.at ?? null),
    tuning,
    ...(pastBlame === undefined ? {} : { pastBlame }),
  });
  return ranked
    .filter(({ score }) => score >= CHANGE_FROM)
    .slice(0, CHANGES_TOLD)
    .map((entry, i) => ({
      finding: {
        id: `c${i + 1}`,
        kind: "change",
        node: entry.change.node,
        at: entry.change.t,
        strength: entry.score,
        text: changeText({ ...entry, change: quoted.get(entry.change)! }, onset),
      },
      weight: entry.score * tuning.changeWeight,
      affinity: affinityOfChange(entry.change.kind, entry.change.summary),
      active: false,
      ...(isCoincidental(entry) && { coincidental: true as const }),
      ...((entry.parts.survived < 1 || entry.parts.undone < 1) && { over: true as const }),
    }));
}

/** From here on the words of a change are those of the symptom. */
const NAMES_SYMPTOM = 0.3;

/** Its version does as well as the one before beside it, or its diff was read and neither breaks anything nor speaks of what is seen. */
const isCoincidental = ({ parts, says }: RankedChange): boolean =>
  parts.version < 1 || (says !== null && parts.alteration < 1 && parts.words <= NAMES_SYMPTOM);

/** Versions that ran side by side, as signs of their nodes. */
export function versionEvidence(bundle: Bundle): WeightedEvidence[] {
  return versionFindings(compareVersions(bundle)).map((finding) => ({
    finding,
    weight: finding.strength >= VERSION_FROM ? finding.strength : 0,
    affinity: { deploy_regression: 1 },
    active: finding.strength >= VERSION_FROM,
  }));
}

/** Names of files that a finding tells. */
const FILES_TOLD = 3;

function changeText({ change, parts, says, score }: RankedChange, onset: Onset): string {
  const minutes = onset === null ? null : Math.round((onset.at - change.t) / 60);
  const when = minutes === null ? "" : minutes >= 0 ? `, ${minutes} min before the onset` : ", about when it began";
  const why = [
    parts.distance < 0.5 ? "not on the target's call path" : "on the target's call path",
    parts.suspicion > 0.6 ? "other evidence points at it" : "",
    parts.words > NAMES_SYMPTOM ? "its summary names the symptom" : "",
    parts.past > 0.6 ? "a similar change was the cause before" : "",
    parts.version > 1 ? "its version does worse than the older one at the same time" : "",
    parts.version < 1 ? "its version does as well as the older one at the same time" : "",
    parts.undone < 1 ? "together with the changes beside it, it left running what ran before" : "",
    parts.survived < 1 ? "an action taken after this change led to a measured recovery" : "",
  ].filter((reason) => reason !== "");
  const summary = redact(change.summary.replace(/\s+/g, " ").trim()).text.slice(0, 300);
  const diff = says === null ? "" : `. Its diff (${filesOf(change)}) ${redact(says).text}`;
  return `${change.kind} of ${change.node} at ${iso(change.t)}${when}: '${summary}' (${why.join("; ")}; score ${score.toFixed(2)})${diff}`;
}

function filesOf({ files = [] }: BundleChange): string {
  const more = files.length > FILES_TOLD ? ` and ${files.length - FILES_TOLD} more` : "";
  return files.length === 0 ? "files not named" : `${files.slice(0, FILES_TOLD).join(", ")}${more}`;
}
