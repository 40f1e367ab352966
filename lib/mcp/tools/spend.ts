import { z } from "zod";
import { SPEND_DIMENSIONS } from "@/lib/core/base/vocabulary";
import { isoTime } from "@/lib/contracts/timestamp";
import { invalidField } from "@/lib/errors";
import { type SpentRow, spentBetween } from "@/lib/views/spend-range";
import { charge } from "../allowance";
import { READ_TIMEOUT_MS, tool } from "../tool";
import { iso, quoted, time } from "../words";

const LIMIT = { default: 20, max: 100 } as const;
const DAY_MS = 86_400_000;
/** Of agents, a large fleet has a million rows a day: seven days are summed in some seconds. */
const AGENT_DAYS = 7;
const OTHER_DAYS = 31;
/** They are summed one after another: who asks all the time keeps others waiting. */
const SUMS_PER_HOUR = 120;

const Spent = z.object({
  name: z.string(),
  usd: z.number(),
  tokens: z.number(),
  model_calls: z.number(),
  tool_calls: z.number(),
  unpriced: z.number().describe("model calls of unknown cost: `usd` is too low by theirs"),
  uncounted: z.number().describe("model calls of unknown token counts"),
});

const spentOf = (row: SpentRow): z.input<typeof Spent> => ({
  name: quoted(row.name),
  usd: row.usd,
  tokens: row.tokens,
  model_calls: row.modelCalls,
  tool_calls: row.toolCalls,
  unpriced: row.unpriced,
  uncounted: row.uncounted,
});

export const SPEND = tool({
  name: "spend",
  title: "Spending",
  description: `What agents spent in a time range, in USD and tokens, highest spenders first; by agent, type of agent, team, user, repository, model or tool. At most ${OTHER_DAYS} days, by agent or type ${AGENT_DAYS}. At most ${SUMS_PER_HOUR} calls an hour.`,
  input: z.strictObject({
    by: z
      .enum([...SPEND_DIMENSIONS, "type"])
      .default("agent")
      .describe("fleet: the sum alone"),
    from: isoTime.optional().describe("start, rounded down to a quarter of an hour. Default: 24 hours before `to`"),
    to: isoTime.optional().describe("end, rounded up likewise. Default: now"),
    limit: z.int().min(1).max(LIMIT.max).default(LIMIT.default),
  }),
  output: z.object({
    from: time,
    to: time,
    total: Spent.describe("of the whole fleet"),
    rows: z.array(Spent),
    names: z.int().describe("how many spent anything, beyond `rows` too"),
  }),
  timeoutMs: READ_TIMEOUT_MS,
  async run({ by, from, to, limit }, asker) {
    const { db, now, signal } = asker;
    const end = to ?? now;
    const start = from ?? end - DAY_MS;
    if (start >= end) throw invalidField("from", "must be before `to`");
    const days = by === "agent" || by === "type" ? AGENT_DAYS : OTHER_DAYS;
    if (end - start > days * DAY_MS) throw invalidField("from", `may be at most ${days} days before \`to\`, by ${by}`);
    await charge("sums of spending", SUMS_PER_HOUR, asker);
    const spent = await spentBetween(db, { by, from: start, to: end, limit, signal });
    return {
      from: iso(spent.from),
      to: iso(spent.to),
      total: spentOf(spent.total),
      rows: spent.rows.map(spentOf),
      names: spent.names,
    };
  },
});
