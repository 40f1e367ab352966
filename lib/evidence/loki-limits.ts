import type { Answer } from "./ask";

/** What one question may ask for. */
export interface LokiLimits {
  lines: number;
  seconds: number;
}

/** Below this a question is not made smaller: then it is refused for another reason. */
const LEAST: LokiLimits = { lines: 10, seconds: 10 };
/** A question of exactly the limit is longer than it by what is added for its end, in seconds. */
const MARGIN_S = 1;
const UNITS: Readonly<Record<string, number>> = {
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3_600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
};

/**
 * What to ask for instead, when an answer says that the question asked for too much: fewer lines ("max entries limit per query exceeded,
 * limit > max_entries_limit (5000 > 1000)"), a shorter range ("the query time range exceeds the limit (query length: 4h0m0s, limit:
 * 1h0m0s)", "the query would read too many bytes", chunks or series), or what it names, or half. Null for any other refusal, and
 * when there is no less to ask for.
 */
export function refusalOf(answer: Answer & { ok: false }, asked: LokiLimits): Partial<LokiLimits> | null {
  const { reason } = answer;
  const tooLong = /the answer is larger than \d{1,20} bytes/.test(reason);
  if (!tooLong && ![400, 413, 422].includes(answer.status ?? 0)) return null;
  if (tooLong || /max.entries.limit|limit > max_entries/i.test(reason)) {
    const named = Number(/> (\d{1,9})\)/.exec(reason)?.[1]);
    const lines = named >= 1 && named < asked.lines ? named : Math.floor(asked.lines / 2);
    return lines < Math.min(LEAST.lines, named || LEAST.lines) ? null : { lines };
  }
  if (/range exceeds the limit|too many bytes|number of chunks|maximum of series|query is too large/i.test(reason)) {
    const named = durationOf(/limit: ([\d.a-zµ]{1,30})/.exec(reason)?.[1] ?? "") - MARGIN_S;
    const seconds = named >= 1 && named < asked.seconds ? named : asked.seconds / 2;
    return seconds < LEAST.seconds && !(named >= 1) ? null : { seconds };
  }
  return null;
}

/** Seconds of a duration as Go and Prometheus write it (`1h30m0s`, `30d1h`); NaN for what is none. */
function durationOf(text: string): number {
  const parts = [...text.matchAll(/(\d{1,9}(?:\.\d{1,9})?)(ms|[smhdwy])/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) return NaN;
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * UNITS[unit!]!, 0);
}
