import type { Price } from "./models";

/** What one incident's investigation may use. */
export interface Limits {
  /** Tool calls, whoever makes them. */
  calls: number;
  /** Tokens in and out, over all models. */
  tokens: number;
  usd: number;
  /** Wall-clock time in ms, over all attempts. */
  ms: number;
}
export type Spent = Limits;

export const DEFAULT_LIMITS: Limits = { calls: 15, tokens: 150_000, usd: 1, ms: 120_000 };

/** Tool calls that the analysis without a model makes; what is left of them is kept from models, so that none can starve it. */
export const LOCAL_CALLS = 9;
/** Share of the time that models may use up to; the rest belongs to evidence and the analysis without a model. */
const MODEL_TIME_SHARE = 0.75;
/** Of that time, what one call may take: a model that hangs leaves the next one its chance. */
const ONE_CALL_SHARE = 1 / 3;
/** An answer cut shorter than this says nothing. */
const MIN_OUTPUT_TOKENS = 128;

export type Resource = "tool calls" | "tokens" | "money" | "time";
export type Author = "local" | "model";

export type CallGrant = { kind: "granted"; ms: number } | { kind: "spent"; what: Resource };
export type ModelGrant =
  | {
      kind: "granted";
      /** What the call may write and how long it may take: what it asked for, cut to what remains. */
      maxOutput: number;
      ms: number;
      /** Says what the call used, once; until then all that it may use counts as used. Returns what is counted. */
      settle(used: { input: number; output: number } | null): { tokens: number; usd: number };
    }
  | { kind: "spent"; what: Resource };

export interface Budget {
  takeCall(by: Author, ms: number): CallGrant;
  takeModel(ask: { inputTokens: number; maxOutput: number; price: Price; ms: number }): ModelGrant;
  /** Whether a model may be asked at all: there is time, and an answer's worth of tokens. */
  hasRoomForModel(): boolean;
  spent(): Spent;
  /** Milliseconds that are left for anything. */
  remainingMs(): number;
  /** What was asked for and not granted, in the order it ran out. */
  ranOut(): Resource[];
}

/** A row of the trajectory, as far as it used something. Times in epoch ms. */
export interface TrajectoryRow {
  tool: string | null;
  args: unknown;
  author: string;
  startedAt: number;
  ms: number;
  tokens: number;
  usd: number;
}

export interface Rebuilt {
  spent: Spent;
  /** Tool calls of the analysis without a model among them. */
  localCalls: number;
}

/**
 * One budget for one incident, shared by everything that runs for it. Taking is synchronous, so that specialists running
 * side by side cannot both take the last of anything; state that is merged after parallel steps could not promise that.
 * Tokens and money are taken before a call in full, the most that it may use, and given back when it is known what it
 * used: at no moment has more been promised than there is. `now` in ms; `before`: what earlier attempts used.
 */
export function createBudget(limits: Limits, now: () => number, before: Rebuilt = NOTHING_USED): Budget {
  const startedAt = now();
  const used = { ...before.spent };
  let keptCalls = Math.max(0, LOCAL_CALLS - before.localCalls);
  const out = new Set<Resource>();
  const elapsed = () => before.spent.ms + Math.max(0, now() - startedAt);
  const none = (what: Resource) => {
    out.add(what);
    return { kind: "spent", what } as const;
  };
  const leftFor = (by: Author) => limits.ms * (by === "model" ? MODEL_TIME_SHARE : 1) - elapsed();

  return {
    takeCall(by, ms) {
      const left = leftFor(by);
      if (left <= 0) return none("time");
      if (used.calls + (by === "model" ? keptCalls : 0) >= limits.calls) return none("tool calls");
      used.calls++;
      if (by === "local") keptCalls = Math.max(0, keptCalls - 1);
      return { kind: "granted", ms: Math.min(ms, left) };
    },
    takeModel({ inputTokens, maxOutput, price, ms }) {
      const left = leftFor("model");
      if (left <= 0) return none("time");
      const byTokens = limits.tokens - used.tokens - inputTokens;
      if (byTokens < MIN_OUTPUT_TOKENS) return none("tokens");
      const forOutput = limits.usd - used.usd - (inputTokens * price.input) / 1e6;
      const byMoney = price.output === 0 ? Number.POSITIVE_INFINITY : Math.floor((forOutput * 1e6) / price.output);
      if (forOutput < 0 || byMoney < MIN_OUTPUT_TOKENS) return none("money");
      const output = Math.min(maxOutput, byTokens, byMoney);
      const most = { tokens: inputTokens + output, usd: cost(inputTokens, output, price) };
      used.tokens += most.tokens;
      used.usd += most.usd;
      let settled = false;
      return {
        kind: "granted",
        maxOutput: output,
        ms: Math.min(ms, left, limits.ms * MODEL_TIME_SHARE * ONE_CALL_SHARE),
        settle(actual) {
          if (settled || actual === null) return most;
          settled = true;
          const counted = {
            tokens: Math.min(most.tokens, actual.input + actual.output),
            usd: Math.min(most.usd, cost(actual.input, actual.output, price)),
          };
          used.tokens -= most.tokens - counted.tokens;
          used.usd -= most.usd - counted.usd;
          return counted;
        },
      };
    },
    hasRoomForModel: () => leftFor("model") > 0 && limits.tokens - used.tokens >= MIN_OUTPUT_TOKENS,
    spent: () => ({ ...used, ms: elapsed() }),
    remainingMs: () => Math.max(0, limits.ms - elapsed()),
    ranOut: () => [...out],
  };
}

const cost = (input: number, output: number, price: Price) => (input * price.input + output * price.output) / 1e6;

export const NOTHING_USED: Rebuilt = { spent: { calls: 0, tokens: 0, usd: 0, ms: 0 }, localCalls: 0 };

/**
 * What earlier attempts of an investigation used, from its trajectory. Rows with a tool's name other than `model` are
 * tool calls; their times may overlap (specialists run side by side), so time is the length of their union, and the time
 * nobody worked, between a crash and the next attempt, does not count.
 */
export function rebuild(rows: readonly TrajectoryRow[]): Rebuilt {
  const calls = rows.filter(({ tool }) => tool !== null && tool !== "model");
  let until = Number.NEGATIVE_INFINITY;
  let ms = 0;
  for (const row of rows.toSorted((a, b) => a.startedAt - b.startedAt)) {
    const end = row.startedAt + row.ms;
    ms += Math.max(0, end - Math.max(until, row.startedAt));
    until = Math.max(until, end);
  }
  return {
    spent: {
      calls: calls.length,
      tokens: rows.reduce((sum, row) => sum + row.tokens, 0),
      usd: rows.reduce((sum, row) => sum + row.usd, 0),
      ms,
    },
    localCalls: calls.filter(({ author }) => author === "local").length,
  };
}
