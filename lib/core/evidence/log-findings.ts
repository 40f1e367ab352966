import type { Bundle, Finding, LogLine } from "./bundle";
import { type Mark, markOf } from "./bundle-marks";
import { toneOfState } from "./bundle-records";
import { badness, type Tone, toneOf } from "./fault-words";
import { messageOf } from "./log-message";
import { mineTemplates } from "./log-templates";
import { redact } from "./redact";
import { templateChanges } from "./template-changes";

/** Lines of one node that say the same. */
export interface LineGroup {
  node: string;
  mark: Mark | null;
  first: number;
  last: number;
  count: number;
  /** How bad it sounds, 0 to 1, and whether it tells of an end. */
  bad: number;
  tone: Tone;
  /** The line that is quoted: the worst, of equals the last. */
  sample: string;
  /** Typical seconds between two of them. */
  gap: number;
  /** Evidence that its rate changed since the onset, 0 to 1; null where there is nothing to compare with. */
  changed: number | null;
  /** Nothing said or shows that it is over. */
  active: boolean;
}

/** Lines before an onset that are enough to know what is usual. */
const REFERENCE_LINES = 30;
/** A tone below this is ordinary. */
export const BAD_FROM = 0.3;
/** Quiet for at least so long, and for so many usual gaps, may be an end. */
const QUIET_S = 60;
const QUIET_GAPS = 3;
/** A line that says that something is over has to be this plain. */
const ENDED_FROM = 0.4;

/**
 * Lines of a bundle in groups of one node, one mark and one template, the worst first. A group is active unless what came later
 * says otherwise: a line that tells of an end, or states that are all well, after a quiet of several of its usual gaps.
 * With normal time, or enough lines before the onset, a line that was always there is no evidence, however it sounds.
 */
export function groupLines(bundle: Bundle, onset: { at: number; from: number } | null): LineGroup[] {
  const { logs } = bundle;
  if (logs.length === 0) return [];
  const now = logs.reduce((latest, { t }) => Math.max(latest, t), bundle.target.at);
  const texts = logs.map(({ line }) => {
    const { mark, text } = markOf(line);
    const { text: message, level } = messageOf(text);
    return { mark, text: level === null || message.toLowerCase().startsWith(level) ? message : `${level} ${message}` };
  });
  const { lines } = mineTemplates(texts.map(({ text }) => text));
  const groups = new Map<string, { line: LogLine; text: string; mark: Mark | null }[]>();
  logs.forEach((line, i) => {
    const { mark, text } = texts[i]!;
    // What fired and how things are stand for themselves; sentences that fill one template with other words do too.
    const key = JSON.stringify([line.node, mark, mark === null || mark === "event" ? lines[i] : text]);
    const list = groups.get(key);
    if (list) list.push({ line, text, mark });
    else groups.set(key, [{ line, text, mark }]);
  });
  const changed = changesAround(bundle, onset);
  const read = [...groups.values()].map((members) => groupOf(members, changed));
  settle(read, now);
  return read.toSorted((a, b) => b.bad - a.bad || b.count - a.count || a.first - b.first);
}

/**
 * What changed at an onset, or at the last time that was still well: what a process says at its end comes before the scrape that finds it gone.
 */
function changesAround(bundle: Bundle, onset: { at: number; from: number } | null): Map<string, number> | null {
  const changed = changesOf(bundle, onset?.at ?? null);
  if (!onset || !bundle.logs.some(({ t }) => t >= onset.from && t < onset.at)) return changed;
  const before = changesOf(bundle, onset.from);
  if (!changed || !before) return changed ?? before;
  for (const [line, strength] of before) changed.set(line, Math.max(strength, changed.get(line) ?? 0));
  return changed;
}

/** Strength by node and line of what changed; null when there is no reference. */
function changesOf({ logs, normal }: Bundle, began: number | null): Map<string, number> | null {
  // Where nothing else tells of a beginning, all that was read is compared with normal time.
  const onset = began ?? (normal.logs.length > 0 ? logs.reduce((first, { t }) => Math.min(first, t), Infinity) : null);
  const plain = (lines: readonly LogLine[]) => lines.filter(({ line }) => markOf(line).mark === null);
  const reference =
    normal.logs.length > 0 ? normal.logs : onset === null ? [] : plain(logs).filter(({ t }) => t < onset);
  if (onset === null || reference.length < REFERENCE_LINES) return null;
  const found = new Map<string, number>();
  for (const change of templateChanges({ logs: plain(logs), normal: plain(normal.logs), onset }))
    for (const sample of change.samples) found.set(JSON.stringify([change.node, sample]), change.strength);
  return found;
}

function groupOf(
  members: { line: LogLine; text: string; mark: Mark | null }[],
  changed: Map<string, number> | null,
): LineGroup {
  const { node } = members[0]!.line;
  const { mark } = members[0]!;
  const times = members.map(({ line }) => line.t).toSorted((a, b) => a - b);
  const toned = members.map(({ line, text }) => {
    const tone = mark === "state" ? toneOfState(text) : mark === "top" ? NEUTRAL : toneOf(text);
    return { tone, bad: badness(tone), text, line };
  });
  const worst = toned.reduce((a, b) => (b.bad >= a.bad ? b : a));
  const strengths =
    changed === null || mark !== null
      ? []
      : toned.map(({ line }) => changed.get(JSON.stringify([node, line.line.slice(0, SAMPLE_CHARS)])) ?? 0);
  return {
    node,
    mark,
    first: times[0]!,
    last: times.at(-1)!,
    count: members.length,
    bad: worst.bad,
    tone: worst.tone,
    sample: worst.text,
    gap: times.length > 1 ? (times.at(-1)! - times[0]!) / (times.length - 1) : 0,
    changed: strengths.length > 0 ? Math.max(...strengths) : null,
    active: true,
  };
}
/** As template-changes.ts cuts its samples. */
const SAMPLE_CHARS = 300;
/** What a quantity consists of is neither good nor bad. */
const NEUTRAL: Tone = { bad: 0, good: 0, past: false };

function settle(groups: LineGroup[], now: number): void {
  const states = groups.filter(({ mark }) => mark === "state");
  const well = states.length > 0 && states.every(({ bad }) => bad < BAD_FROM * 1.5);
  // The latest line that tells of an end is enough to know whether one came after a group: groups may be tens of thousands.
  const endedAt = groups.reduce((latest, { mark, tone, bad, last }) => {
    const tells = mark !== "alert" && mark !== "state" && mark !== "top";
    return tells && tone.good >= ENDED_FROM && bad < BAD_FROM + 0.05 ? Math.max(latest, last) : latest;
  }, Number.NEGATIVE_INFINITY);
  for (const group of groups) {
    if (group.mark === "state" || group.mark === "alert" || group.bad < BAD_FROM) continue;
    const quiet = now - group.last;
    if (quiet < Math.max(QUIET_S, QUIET_GAPS * Math.min(group.gap, quiet))) continue;
    const ended = endedAt >= group.last;
    group.active = !(well && (ended || quiet > QUIET_GAPS * QUIET_S)) && !(ended && states.length === 0);
  }
}

/** Quoted text of a finding; the rest of a longer line is marked as cut. */
const QUOTE_CHARS = 420;
/** An alert is one finding, with all that it says. */
const ALERT_CHARS = 1_000;

export const iso = (t: number): string => new Date(t * 1000).toISOString().replace(/\.000Z$/, "Z");

/** A group as a finding, its id still to be given. Secrets and personal data in what it quotes are replaced. */
export function findingOf(group: LineGroup): Omit<Finding, "id"> {
  const { text } = redact(group.sample.replace(/\s+/g, " ").trim());
  const most = group.mark === "alert" ? ALERT_CHARS : QUOTE_CHARS;
  const quote = text.length > most ? `${text.slice(0, most)}…` : text;
  const when =
    group.count > 1 ? `${group.count} times from ${iso(group.first)} to ${iso(group.last)}` : `at ${iso(group.last)}`;
  const over = group.active ? "" : "; not seen since, and later evidence shows that it ended";
  switch (group.mark) {
    case "alert":
      return { kind: "alert", node: group.node, at: group.first, strength: 0.3, text: `The alert says: ${quote}` };
    case "state":
      return {
        kind: "state",
        node: group.node,
        at: group.last,
        strength: group.bad,
        text: `${group.node} reads: '${quote}'`,
      };
    case "top":
      return { kind: "state", node: group.node, at: group.last, strength: 0.4, text: `It consists of: ${quote}` };
    case "event":
      return {
        kind: "state",
        node: group.node,
        at: group.first,
        strength: group.bad,
        text: `Reported about ${group.node} ${when}: '${quote}'${over}`,
      };
    case null:
      return {
        kind: "log_template",
        node: group.node,
        at: group.first,
        strength: group.bad,
        text: `${group.node} logged ${when}: '${quote}'${over}`,
      };
  }
}
