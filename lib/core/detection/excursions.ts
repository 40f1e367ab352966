/**
 * What a gauge was told for, so that one excursion is one alarm, and what comes back most working days is no news: nobody
 * is asked whether it was a fault. Counting exceedances of a level over a month is the empirical return period of extreme
 * value statistics (Coles 2001), with excursions instead of samples counted (runs declustering: Leadbetter et al. 1983).
 */
export interface Excursions {
  /** When the last one was told or passed over (epoch ms), and how high it was, in nats. */
  at: number | null;
  height: number;
  /** Earlier ones within {@link MONTH_MS}, oldest first. */
  past: [height: number, at: number][];
}

/** Of one false alarm a month and gauge. */
export const MONTH_MS = 30 * 86_400_000;
/** An excursion that gets this much higher is told again. */
const WORSE = 1.5;
/** Excursions remembered at most: more than any limit asks for. */
const PAST_MAX = 64;

/** How long one excursion lasts at least, in ms, and how many as high within a month make it usual. */
export interface Retelling {
  quietMs: number;
  usual: number;
}

/** Whether an excursion of this height (nats) at the moment `at` is news; it is remembered. */
export function isNews(e: Excursions, height: number, at: number, { quietMs, usual }: Retelling): boolean {
  if (e.at !== null && at - e.at < quietMs) {
    if (height <= WORSE * e.height) return false;
    e.at = at;
    e.height = height;
    return true;
  }
  if (e.at !== null) e.past.push([e.height, e.at]);
  e.past = e.past.filter(([, when]) => at - when < MONTH_MS).slice(-PAST_MAX);
  e.at = at;
  e.height = height;
  return e.past.filter(([before]) => before >= height).length < usual;
}
