import { z } from "zod";
import { type PreviewEpisode, SettingsPreviewBody, UNJUDGED } from "@/lib/contracts/settings-preview";
import { DIFFERENCES } from "@/lib/core/agents/policy-change";
import { STANDINGS } from "@/lib/core/base/vocabulary";
import { invalidField, SentinelError } from "@/lib/errors";
import { previewSettings } from "@/lib/evals/replay/preview";
import { charge } from "../allowance";
import { tool } from "../tool";
import { iso, quoted, quotedOrNull, time } from "../words";

/** A replay of more takes longer than clients wait; the console's preview goes further back. */
const DAYS = { default: 3, max: 7 } as const;
/** Official clients give up after 60 s; the replay's process needs some seconds to end. */
const TIMEOUT_MS = 50_000;
/** Each takes a processor for up to a minute, and keeps people's previews waiting. */
const BACKTESTS_PER_HOUR = 12;
/** Differences that are listed: the rest is in the totals. */
const LISTED = 40;

const Totals = z.object({
  episodes: z.int().describe("times at which an agent left its baseline"),
  held: z.int().describe("quarantined"),
  would_hold: z.int().describe("in observe or recommend mode: would have been quarantined"),
  limited: z.int().describe("not quarantined, because of a containment limit"),
  shared_cause: z.int(),
  asked: z.int().describe("actions that would have waited for approval"),
  ran: z.int().describe("actions that would have run without approval"),
  refused: z.int(),
  recorded: z.int(),
});
const Episode = z.object({ standing: z.enum(STANDINGS), reason: z.string(), severity: z.number() }).nullable();

const episodeOf = (episode: PreviewEpisode | null): z.input<typeof Episode> =>
  episode && { standing: episode.standing, reason: quoted(episode.reason), severity: episode.severity };

export const BACKTEST = tool({
  name: "backtest",
  title: "Backtest settings",
  // As for people: a replay takes the server's only place for previews.
  role: "operator",
  description: `What changed settings would have done differently over the last days, replayed from stored events: quarantines, approvals, and when. Nothing is saved, and only people change settings. Takes up to ${TIMEOUT_MS / 1_000} s; one at a time; at most ${BACKTESTS_PER_HOUR} an hour.`,
  input: z.strictObject({
    days: z.int().min(1).max(DAYS.max).default(DAYS.default),
    settings: SettingsPreviewBody.shape.settings.describe("of the fleet; what is left out stays as it is"),
    types: SettingsPreviewBody.shape.types.describe("settings of agent types, by type; likewise"),
  }),
  output: z.object({
    replayed: z.object({
      from: time,
      to: time,
      events: z.int(),
      agents: z.int(),
      cut: z.string().nullable().describe("why it does not reach back as far as asked; null: it does"),
    }),
    today: Totals.describe("under the current settings"),
    changed: Totals.describe("under the changed settings"),
    differences: z.array(
      z.object({
        kind: z.enum(DIFFERENCES),
        agent: z.string(),
        type: z.string(),
        at: time,
        incident: z.string().nullable().describe("ID of the recorded incident about the same"),
        today: Episode,
        changed: Episode,
        delay_ms: z.number().nullable().describe("later (negative: earlier) than under the current settings"),
      }),
    ),
    more: z.int().describe("differences beyond those listed"),
    unjudged: z
      .array(z.object({ why: z.enum(UNJUDGED), agents: z.int() }))
      .describe("agents about which the replay says less, or nothing"),
    record: z.object({
      recorded: z.int().describe("episodes in the record"),
      replayed: z.int().describe("episodes in the replay under the current settings"),
      both: z.int(),
    }),
  }),
  timeoutMs: TIMEOUT_MS,
  async run({ days, settings, types }, asker) {
    if (Object.keys(settings).length + Object.keys(types).length === 0)
      throw invalidField("settings", "or `types` must change at least one setting");
    const { user, now, signal } = asker;
    const takeBack = await charge("backtests", BACKTESTS_PER_HOUR, asker, ", or use the console");
    const answer = await previewSettings({ days, settings, types }, `${user.name} via MCP`, now, signal).catch(
      async (error: unknown) => {
        // Another replay is going on: this one did not start.
        if (error instanceof SentinelError && error.code === "conflict") await takeBack();
        throw error;
      },
    );
    const shown = answer.differences.slice(0, LISTED);
    return {
      replayed: {
        from: iso(answer.replayed.from),
        to: iso(answer.replayed.to),
        events: answer.replayed.events,
        agents: answer.replayed.agents,
        cut: answer.replayed.cut,
      },
      today: answer.today,
      changed: answer.changed,
      differences: shown.map((one) => ({
        kind: one.kind,
        agent: one.agent,
        type: quoted(one.type),
        at: iso(one.at),
        incident: quotedOrNull(one.incident),
        today: episodeOf(one.today),
        changed: episodeOf(one.changed),
        delay_ms: one.delay_ms,
      })),
      more: answer.more + answer.differences.length - shown.length,
      unjudged: answer.unjudged.map(({ why, agents }) => ({ why, agents })),
      record: { recorded: answer.record.recorded, replayed: answer.record.replayed, both: answer.record.both },
    };
  },
});
