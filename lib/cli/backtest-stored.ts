import { fieldPath } from "@/lib/contracts/problem";
import { reasonOf } from "@/lib/contracts/reason";
import {
  type PreviewDifference,
  type PreviewEpisode,
  type SettingsPreviewAnswer,
  SettingsPreviewBody,
} from "@/lib/contracts/settings-preview";
import { duration } from "@/lib/core/agents/words";
import { loadPolicies } from "@/lib/db/queries/settings";
import { replaySettings } from "@/lib/evals/replay/replay";
import { day, table, withDb } from "./database";

export interface StoredFlags {
  days?: string;
  set?: string[];
  types?: string;
  mode?: string;
  threshold?: string;
  allows?: string;
  floor?: string;
}

/** Replays the stored events of the last days under changed settings; nothing is saved. Throws naming the option that is wrong. */
export const backtestStored = (flags: StoredFlags): Promise<SettingsPreviewAnswer> =>
  withDb(async (db) => {
    const types = flags.types?.split(",").map((type) => type.trim()) ?? [...(await loadPolicies(db)).keys()];
    return replaySettings(db, bodyOf(flags, types), { now: Date.now() });
  });

/** What the API is asked for the same. */
export function bodyOf(flags: StoredFlags, types: readonly string[]): SettingsPreviewBody {
  const patch = {
    ...(flags.mode === undefined ? {} : { mode: flags.mode }),
    ...(flags.threshold === undefined ? {} : { threshold: valueOf(flags.threshold) }),
    ...(flags.allows === undefined ? {} : { allows: flags.allows.split(",").filter((risk) => risk !== "") }),
    ...(flags.floor === undefined ? {} : { floor: valueOf(flags.floor) }),
  };
  const parsed = SettingsPreviewBody.safeParse({
    ...(flags.days === undefined ? {} : { days: valueOf(flags.days) }),
    settings: settingsOf(flags.set ?? []),
    types: Object.keys(patch).length === 0 ? {} : Object.fromEntries(types.map((type) => [type, patch])),
  });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const names =
    issue.code === "unrecognized_keys" ? `${fieldPath([...issue.path, issue.keys[0]!])} is not a known setting` : "";
  throw new Error(names || `${fieldPath(issue.path)}: ${reasonOf(issue)}`.replace(/^: /, ""));
}

/** `arl=1000` and `limits.per_hour=5` as the settings' own object. */
function settingsOf(list: readonly string[]): Record<string, unknown> {
  const settings: Record<string, unknown> = Object.create(null);
  for (const item of list) {
    const at = item.indexOf("=");
    const [name = "", part, ...rest] = item.slice(0, at).split(".");
    if (at < 1 || name === "" || part === "" || rest.length > 0)
      throw new Error(`--set: ${JSON.stringify(item)} is neither NAME=VALUE nor GROUP.NAME=VALUE`);
    const value = valueOf(item.slice(at + 1));
    settings[name] = part === undefined ? value : { ...(settings[name] as object | undefined), [part]: value };
  }
  return settings;
}

/** A number, true or false where it is one; else the text. */
function valueOf(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

const n = (value: number): string => value.toLocaleString("en");

/** The answer as lines for a person. */
export function linesOf({ replayed, unjudged, record, today, changed, differences, more, cost }: SettingsPreviewAnswer) {
  const counted = [
    ["quarantined", today.held, changed.held],
    ["would have been quarantined", today.would_hold, changed.would_hold],
    ["stopped by a limit", today.limited, changed.limited],
    ["shared cause", today.shared_cause, changed.shared_cause],
    ["approvals requested", today.asked, changed.asked],
    ["actions without approval", today.ran, changed.ran],
  ] as const;
  return [
    `${n(replayed.events)} events of ${n(replayed.agents)} agents (${n(replayed.vitals)} vitals), ${day(replayed.from)} to ${day(replayed.to)} UTC, in steps of ${duration(replayed.step_ms)}`,
    `baselines learned from ${day(replayed.learned_from)} on (${n(replayed.learned_events)} events before)${replayed.cut === null ? "" : `; does not reach back further: ${replayed.cut}`}`,
    `record: ${record.recorded} episodes recorded, ${record.replayed} under the current settings, ${record.both} of them the same`,
    ...record.notes.map((note) => `note: ${note}`),
    ...unjudged.map(
      ({ why, agents, events }) =>
        `not fully evaluated: ${n(agents)} agents${events === null ? "" : `, ${n(events)} events`} (${why.replaceAll("_", " ")})`,
    ),
    `${cost.seconds} s, ${n(cost.events_per_second)} events/s`,
    "",
    ...table([["episodes", "today", "changed"], ...counted.map((row) => row.map(String))]),
    "",
    ...(differences.length === 0 ? ["no difference"] : table(differences.map(rowOf))),
    ...(more > 0 ? [`and ${n(more)} more`] : []),
  ];
} // prettier-ignore

function rowOf({ kind, agent, at, today, changed, delay_samples: delay, incident }: PreviewDifference): string[] {
  const by = delay === null || delay === 0 ? "" : ` by ${Math.abs(delay)} samples`;
  return [
    day(at),
    agent,
    kind.replaceAll("_", " ") + by,
    `${treated(today)} → ${treated(changed)}`,
    (changed ?? today)!.reason,
    incident ?? "",
  ];
}

const treated = (episode: PreviewEpisode | null): string =>
  episode === null
    ? "nothing"
    : `${episode.standing.replaceAll("_", " ")}${episode.proposal ? `, ${episode.proposal.action.replaceAll("_", " ")}: ${episode.proposal.policy}` : ""}`;
