import { type ActHours, isWithin } from "../base/act-hours";
import type { Purpose } from "./notification";

/** What a channel is told. */
export interface Rules {
  /** Of the incident, 0 to 10. What has no severity (budgets, the global stop) always passes. */
  min_severity: number;
  /** Beside pages, which every channel gets. */
  tell: Exclude<Purpose, "page" | "test">[];
  /** Names of agent types or services, of which one has to be concerned; null: all. */
  agent_types: string[] | null;
  services: string[] | null;
  /** A page waits this long, and is dropped if somebody answers meanwhile: escalation. 0: at once. */
  after_minutes: number;
  /** Pages below `quiet_below` wait until these hours are over; null: none. */
  quiet: ActHours | null;
  quiet_below: number;
}

export const DEFAULT_RULES: Rules = {
  min_severity: 0,
  tell: ["acknowledged", "resolved"],
  agent_types: null,
  services: null,
  after_minutes: 0,
  quiet: null,
  quiet_below: 7,
};

/** What an event is about, as far as it decides who is told. */
export interface About {
  purpose: Purpose;
  severity: number | null;
  /** Types of the agents and ids of the services concerned. */
  agentTypes: readonly string[];
  services: readonly string[];
}

const MINUTE = 60_000;
/** Quiet hours of a whole week have no end: what waits for it is sent after this long, in minutes. */
const LONGEST_QUIET = 7 * 24 * 60;

/** When a channel with these rules is told, epoch ms; null: not at all. */
export function tellAt(rules: Rules, about: About, now: number): number | null {
  const { purpose, severity } = about;
  if (purpose === "test") return now;
  if (purpose !== "page") return rules.tell.includes(purpose) ? now : null;
  if (severity !== null && severity < rules.min_severity) return null;
  if (!concerns(rules, about)) return null;
  const due = now + rules.after_minutes * MINUTE;
  const quiet = severity !== null && severity < rules.quiet_below ? rules.quiet : null;
  return quiet === null ? due : endOf(quiet, due);
}

/** With both named, either is enough: a channel of a team has its agents and its services. */
function concerns({ agent_types, services }: Rules, about: About): boolean {
  if (agent_types === null && services === null) return true;
  const named = (rule: string[] | null, have: readonly string[]) =>
    rule !== null && have.some((one) => rule.includes(one));
  return named(agent_types, about.agentTypes) || named(services, about.services);
}

/** The first full minute from `at` on that lies outside the hours. */
function endOf(quiet: ActHours, at: number): number {
  if (!isWithin(quiet, at)) return at;
  const first = Math.floor(at / MINUTE) + 1;
  for (let minute = first; minute < first + LONGEST_QUIET; minute++)
    if (!isWithin(quiet, minute * MINUTE)) return minute * MINUTE;
  return at + LONGEST_QUIET * MINUTE;
}
