import type { PreviewDifference, PreviewEpisode, SettingsPreviewAnswer } from "@/lib/contracts/settings-preview";
import { ACTION } from "@/components/status/words";
import type { Tone } from "@/components/ui/badge";
import { duration, integer, sentence } from "@/components/ui/format";

type Kind = PreviewDifference["kind"];

/** What each difference is called, and how it looks. */
export const DIFFERENCE: Record<Kind, { label: string; tone: Tone }> = {
  hold: { label: "Quarantined", tone: "hold" },
  no_hold: { label: "Not quarantined", tone: "info" },
  earlier: { label: "Earlier", tone: "ok" },
  later: { label: "Later", tone: "warn" },
  incident: { label: "New incident", tone: "warn" },
  no_incident: { label: "No incident", tone: "info" },
  handling: { label: "Handled differently", tone: "accent" },
};

const STANDING: Record<PreviewEpisode["standing"], string> = {
  held: "quarantined",
  would_hold: "recorded only",
  recommended: "not quarantined; approval required",
  limited: "stopped by a containment limit",
  shared_cause: "shared cause; not quarantined",
};

const POLICY: Record<NonNullable<PreviewEpisode["proposal"]>["policy"], string> = {
  run: "runs without approval",
  ask: "approval requested",
  refuse: "refused",
  record: "only recorded",
};

/** What is done about an episode, in one line. */
export function treatment(episode: PreviewEpisode | null): string {
  if (episode === null) return "Nothing";
  const { standing, proposal, holds } = episode;
  const again = holds > 1 ? `, ${holds} times` : "";
  const then = proposal === null ? "" : `; ${ACTION[proposal.action]}: ${POLICY[proposal.policy]}`;
  return sentence(`${STANDING[standing]}${again}${then}`).slice(0, -1);
}

/** `12 samples (3 m 20 s) earlier`; null where that is not the difference. */
export function delay({ kind, delay_samples: samples, delay_ms: ms }: PreviewDifference): string | null {
  if (kind !== "earlier" && kind !== "later") return null;
  const parts = [samples ? count(Math.abs(samples), "sample") : null, ms ? duration(Math.abs(ms)) : null];
  const [first, second] = parts.filter((part) => part !== null);
  return `${first}${second ? ` (${second})` : ""} ${kind}`;
}

export const count = (n: number, one: string, many = `${one}s`): string => `${integer(n)} ${n === 1 ? one : many}`;

const SUMMARY: Record<Kind, (n: number) => string> = {
  hold: (n) => `${count(n, "more quarantine")}`,
  no_hold: (n) => `${count(n, "quarantine")} fewer`,
  earlier: (n) => `${integer(n)} caught earlier`,
  later: (n) => `${integer(n)} caught later`,
  incident: (n) => `${count(n, "more incident")}`,
  no_incident: (n) => `${count(n, "incident")} fewer`,
  handling: (n) => `${integer(n)} handled differently`,
};

/** The answer in a sentence. */
export function summary({ differences, more }: SettingsPreviewAnswer): string {
  if (differences.length === 0) return "Nothing would have differed.";
  const parts = (Object.keys(SUMMARY) as Kind[]).flatMap((kind) => {
    const n = differences.filter((one) => one.kind === kind).length;
    return n === 0 ? [] : [SUMMARY[kind](n)];
  });
  return sentence(`${parts.join(", ")}${more > 0 ? `, and ${count(more, "difference")} not listed` : ""}`);
}

const WHY: Record<SettingsPreviewAnswer["unjudged"][number]["why"], string> = {
  learning: "still learning a baseline",
  late: "with events that arrived too late to be evaluated",
  held_in_record: "quarantined or paused at the time, so the effect on them is unknown",
  failed: "not evaluated because of an error; see the log",
  late_events: "reporting late",
  no_vitals: "reporting no vitals",
  missing_vitals: "reporting only some vitals",
  high_cardinality: "without a stable baseline: prompt, model or steps change too often",
};

/** Whom the replay says less about, and why. */
export const unjudged = ({ why, agents, events }: SettingsPreviewAnswer["unjudged"][number]): string =>
  `${count(agents, "agent")} ${WHY[why]}${events === null ? "" : ` (${count(events, "event")})`}`;
