import { type IngestKey, mayForService } from "@/lib/auth/keys";
import { MINUTE_MS } from "@/lib/core/services/span-signals";
import type { Db, Statement } from "@/lib/db/client";
import { addCalls, admitTraced, enterServices } from "@/lib/db/queries/services";
import { addSpanMinutes } from "@/lib/db/queries/span-rollups";
import type { Counted, Reading, Served } from "./told";

/** Server spans that ended longer ago say nothing of now, in ms: an exporter tries again for minutes. */
const LATE_MS = 10 * MINUTE_MS;
/** Clocks of two machines differ by less, in ms. */
const AHEAD_MS = MINUTE_MS;
const OUTSIDE = "timestamp: server spans must have ended within the last 10 minutes to count for their service";
const TOO_MANY = "service.name: too many services are known from traces alone";

interface Taking {
  key: IngestKey;
  reject: (reason: string, records: number) => void;
  counted: Counted[];
}

/**
 * What spans say of services that the key may speak for: who calls whom, and how many requests each served. What it may not, what
 * is too old and whose clock is wrong is counted as dropped. Statements for the transaction of the request.
 */
export async function takeServiceSpans(
  db: Db,
  { edges, served }: Pick<Reading, "edges" | "served">,
  { key, reject, counted }: Taking,
  now: number,
): Promise<Statement[]> {
  const requests = served?.requests ?? [];
  const may = (service: string) => key.scopes.includes("logs") && mayForService(key, service);
  // Spans that are calls of services have no name of their own in the count.
  for (const row of counted)
    if (row.signal === "traces" && row.name === "" && row.fate === "taken" && !may(row.program)) row.fate = "dropped";
  const drop = ({ counted: row, requests }: Served, reason: string) => {
    reject(reason, requests);
    row.records -= requests;
    counted.push({ ...row, name: reason, fate: "dropped", records: requests });
  };
  const mine = edges.filter((edge) => edge.some(may));
  const named = new Set([...mine.flat(), ...requests.map(({ service }) => service).filter(may)]);
  const known = named.size > 0 ? await admitTraced(db, [...named]) : new Set<string>();
  const good: Served[] = [];
  for (const row of requests) {
    if (!may(row.service)) continue;
    if (row.at < now - LATE_MS - MINUTE_MS || row.at > now + AHEAD_MS) drop(row, OUTSIDE);
    else if (!known.has(row.service)) drop(row, TOO_MANY);
    // A clock that is a little ahead: a minute that has not begun would not be looked at.
    else good.push({ ...row, at: Math.min(row.at, Math.floor(now / MINUTE_MS) * MINUTE_MS) });
  }
  const calls = mine
    .filter((edge) => edge.every((one) => known.has(one)))
    .map(([caller, callee]) => ({ caller, callee, via: "traces" }));
  const services = [...new Set(good.map(({ service }) => service))];
  return [
    ...(calls.length > 0 ? addCalls(calls, now) : []),
    ...(served && services.length > 0
      ? [enterServices(services, "traces", now), ...addSpanMinutes(merged(good), served.digest, now)]
      : []),
  ];
}

/** One row a service and minute, whatever scopes its spans have. */
function merged(rows: readonly Served[]): Served[] {
  const sums = new Map<string, Served>();
  for (const row of rows) {
    const key = `${row.service}\n${row.at}`;
    const sum = sums.get(key);
    if (sum === undefined) {
      sums.set(key, { ...row, buckets: { ...row.buckets } });
      continue;
    }
    sum.requests += row.requests;
    sum.errors += row.errors;
    for (const [bucket, n] of Object.entries(row.buckets)) sum.buckets[bucket] = (sum.buckets[bucket] ?? 0) + n;
  }
  return [...sums.values()];
}
