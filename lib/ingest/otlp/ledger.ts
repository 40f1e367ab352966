import { type Amount, AMOUNTS, type Amounts } from "./aliases";
import { costOf, marginalCost, type Price } from "./prices";
import { TRUST, type Told } from "./told";

/**
 * What was told of one session, by signal, and what of it was counted. The same call may be told by a log record, a span and a
 * counter, in any order: each figure is that of the most trusted signal that told it at all, and what is counted is what that
 * figure has grown beyond what was counted before. So nothing counts twice, whoever comes first.
 */
export interface Ledger {
  told: Partial<Record<Told["signal"], Amounts>>;
  counted: Amounts;
  /** Ids of records that were taken in, the latest last, one behind the other. */
  seen: string;
  /** Of cumulative series: the latest time and what it stood at. */
  series: Record<string, [at: number, value: number]>;
  /** A hook of the session can hold it. */
  hooked?: true;
}

/** What cannot be true of a record, which is then not counted: for its sender, and for whoever looks at what was dropped. */
export const FLAGS = {
  wentBack: "a cumulative counter went backwards without a new start",
  tooManySeries: "too many counters in one session",
  implausible: "an implausibly large amount",
} as const;
export type Flag = keyof typeof FLAGS;
/** Hears of what cannot be true. */
type OnFlag = (flag: Flag) => void;

/** Records remembered of a session, so that one which is sent again is known. Senders try again for minutes, not for days. */
const SEEN_MAX = 2_048;
/** A letter for the signal, and 64 bits. */
const ID_CHARS = 12;
/** Cumulative series of a session: kinds of tokens by model, effort and the like. */
const SERIES_MAX = 200;
/** What one record may add, of each kind: more is no record of a call but a mistake or a lie. */
const AMOUNT_MAX: Record<Amount, number> = {
  modelCalls: 1e5,
  toolCalls: 1e5,
  failures: 1e5,
  input: 1e9,
  output: 1e9,
  cached: 1e9,
  cacheWrite: 1e9,
  reasoning: 1e9,
  total: 1e9,
  nanoUsd: 1e13,
};
/** A counter that began longer ago, in ms, was running before anybody looked: it counts from where it stands. */
const SINCE_MAX_MS = 24 * 60 * 60_000;

export const emptyLedger = (): Ledger => ({ told: {}, counted: {}, seen: "", series: {} });

/** A set view of what a ledger has seen, kept beside it while a request is worked on. */
export function seenOf(ledger: Ledger): Set<string> {
  const ids = new Set<string>();
  for (let at = 0; at < ledger.seen.length; at += ID_CHARS) ids.add(ledger.seen.slice(at, at + ID_CHARS));
  return ids;
}

/** Ids as the ledger keeps them: the latest ones, of one width. */
export const packSeen = (ids: Set<string>): string => [...ids].slice(-SEEN_MAX).join("");

/**
 * Takes one record in. False: it was taken in before, or says nothing that can be believed. `price`: what its tokens cost, where it
 * does not say itself; null is unknown. Changes `ledger` and `seen`, which the caller owns.
 */
export function take(
  ledger: Ledger,
  seen: Set<string>,
  told: Told,
  { price, now, onFlag }: { price: Price | null; now: number; onFlag: OnFlag },
): boolean {
  const said = told.since === undefined ? once(seen, told) : grown(ledger, told, told.since, now, onFlag);
  if (said === null) return false;
  const amounts = priced(said, told, price);
  const sums = (ledger.told[told.signal] ??= {});
  for (const kind of AMOUNTS) {
    const value = amounts[kind];
    if (value === undefined) continue;
    if (value > AMOUNT_MAX[kind]) onFlag("implausible");
    else sums[kind] = (sums[kind] ?? 0) + value;
  }
  return true;
}

function priced(said: Amounts, { signal, pricedElsewhere }: Told, price: Price | null): Amounts {
  if (price === null || said.nanoUsd !== undefined || pricedElsewhere) return said;
  const cost = signal === "metrics" ? marginalCost(price, said) : costOf(price, said);
  return cost === null ? said : { ...said, nanoUsd: cost };
}

function once(seen: Set<string>, { id, amounts, signal }: Told): Amounts | null {
  const key = `${signal[0]}${id}`;
  if (seen.has(key)) return null;
  seen.add(key);
  return amounts;
}

/** What a cumulative series has grown by since it was last heard of; an older point, or the same again, says nothing new. */
function grown(ledger: Ledger, { id, amounts, at }: Told, since: number, now: number, onFlag: OnFlag): Amounts | null {
  const value = Math.max(0, ...AMOUNTS.map((kind) => amounts[kind] ?? 0));
  const before = ledger.series[id];
  if (!before && Object.keys(ledger.series).length >= SERIES_MAX) {
    onFlag("tooManySeries");
    return null;
  }
  if (before && at <= before[0]) return null;
  if (before && value < before[1]) {
    onFlag("wentBack");
    return null;
  }
  ledger.series[id] = [at, value];
  const base = before ? before[1] : now - since > SINCE_MAX_MS ? value : 0;
  const step = value - base;
  if (step === 0 && before) return null;
  return Object.fromEntries(AMOUNTS.filter((kind) => amounts[kind] !== undefined).map((kind) => [kind, step]));
}

/** Each figure of a session, by the most trusted of these signals that told it. */
function figures({ told }: Pick<Ledger, "told">, signals: readonly Told["signal"][]): Amounts {
  const best: Amounts = {};
  for (const signal of signals.toReversed()) Object.assign(best, told[signal] ?? {});
  return best;
}

/**
 * What is not counted yet, and marks it as counted. Empty: nothing. Counters wait (`withCounters` false) until it is known whether
 * somebody tells the calls themselves; then they count for what nobody else told.
 */
export function settle(ledger: Ledger, withCounters: boolean): Amounts {
  const due: Amounts = {};
  const all = figures(ledger, withCounters ? TRUST : TRUST.slice(0, -1));
  for (const [kind, figure] of Object.entries(all) as [Amount, number][]) {
    const before = ledger.counted[kind];
    // A sum of parts of which some take off (cached tokens are cheaper) may be below nothing before all have come.
    if (before === undefined ? figure < 0 : figure <= before) continue;
    due[kind] = figure - (before ?? 0);
    ledger.counted[kind] = figure;
  }
  return due;
}

/** Two ledgers that turn out to be of one session: a trace, and the session that it is a part of. */
export function mergeLedgers(a: Ledger, b: Ledger): Ledger {
  const told: Ledger["told"] = {};
  for (const signal of TRUST)
    if (a.told[signal] || b.told[signal]) told[signal] = added(a.told[signal] ?? {}, b.told[signal] ?? {});
  return {
    told,
    counted: added(a.counted, b.counted),
    seen: packSeen(new Set([...seenOf(a), ...seenOf(b)])),
    series: { ...a.series, ...b.series },
    ...(a.hooked || b.hooked ? { hooked: true as const } : {}),
  };
}

function added(a: Amounts, b: Amounts): Amounts {
  const sums: Amounts = { ...a };
  for (const [kind, value] of Object.entries(b) as [Amount, number][]) sums[kind] = (sums[kind] ?? 0) + value;
  return sums;
}
