import type { AlertSeverity } from "../base/vocabulary";

const CRITICAL = new Set(
  "critical crit page pager fatal emergency emerg disaster blocker major high highest error err alert severe urgent availability".split(
    " ",
  ),
);
const WARNING = new Set("warning warn average medium moderate minor ticket".split(" "));
const INFO = new Set("info information informational notice none debug ok success low lowest trivial".split(" "));
/** A word before another that turns it around: "non-critical", "not urgent". */
const NEGATION = /\b(?:non|not|no|un)[-_ ]/;
/** `P1`, `sev-2`, `S0`, `priority 3`: named levels count down from the worst. */
const NAMED_LEVEL = /^(?:p|prio|priority|s|sev|severity)[-_ :#]?([0-5])(?![0-9.])/;

const ofLevel = (level: number): AlertSeverity => (level <= 2 ? "critical" : level === 3 ? "warning" : "info");

/**
 * The words of many senders on one scale. Levels with a name (`P1`, `sev2`) count down from the worst: 0 to 2 are critical,
 * 3 is a warning, 4 and 5 inform. Of several words the first that is known counts ("5 - Disaster", "High (P2)"). A bare 1
 * or 2 is critical; from 3 on a bare number is a warning, since some count up (Zabbix' 5 is a disaster) and some down. What
 * is missing or not known is a warning: an alert was sent, so somebody should look.
 */
export function severityOf(word: string | null | undefined): AlertSeverity {
  const said = (word ?? "").trim().toLowerCase().slice(0, SAID_MAX);
  const level = NAMED_LEVEL.exec(said);
  if (level) return ofLevel(Number(level[1]));
  if (/^[12]$/.test(said)) return "critical";
  if (NEGATION.test(said)) return "warning";
  for (const one of said.split(/[^a-z0-9]+/)) {
    if (CRITICAL.has(one)) return "critical";
    if (WARNING.has(one)) return "warning";
    if (INFO.has(one)) return "info";
    const inside = NAMED_LEVEL.exec(one);
    if (inside) return ofLevel(Number(inside[1]));
  }
  return "warning";
}
/** A severity is a word or two; of a longer text the beginning counts. */
const SAID_MAX = 100;

/** Zabbix counts up: 0 not classified, 1 information, 2 warning, 3 average, 4 high, 5 disaster. Null for anything else. */
export function severityOfZabbix(level: string): AlertSeverity | null {
  if (!/^[0-5]$/.test(level.trim())) return null;
  const n = Number(level);
  return n >= 4 ? "critical" : n === 1 ? "info" : "warning";
}

/** What an alert may say of who watches. */
const TOOL_LABELS = ["source", "tool", "monitoring_tool", "monitor", "sender", "origin", "integration"] as const;
/** Whether an alert says that it comes from Zabbix, whose numbers mean something else. */
export const isFromZabbix = (labels: Readonly<Record<string, string>>): boolean =>
  TOOL_LABELS.some((name) => Object.hasOwn(labels, name) && labels[name]!.trim().toLowerCase() === "zabbix");
