import type { Alert } from "@/lib/core/alerts/alert";
import { scopeOf } from "@/lib/core/alerts/alert-service";
import { identify, type KnownService, nameOf } from "@/lib/core/alerts/service-identity";
import type { Db } from "@/lib/db/client";
import type { AlertRow } from "@/lib/db/queries/alerts";
import { listPlaces } from "@/lib/db/queries/services";

/**
 * The service that each alert is about, and what is learned of where services run. An alert that was seen before is of the
 * service that it was of then, unless it is called differently now.
 */
export async function servicesOf(
  db: Db,
  list: readonly Alert[],
  history: ReadonlyMap<string, readonly AlertRow[]>,
): Promise<{ idOf: ReadonlyMap<Alert, string>; places: KnownService[] }> {
  const idOf = new Map<Alert, string>();
  const asked: Alert[] = [];
  for (const alert of list) {
    const before = history.get(alert.fingerprint)?.[0]?.serviceId;
    if (before !== undefined && (before === alert.service || nameOf(before) === alert.service)) idOf.set(alert, before);
    else asked.push(alert);
  }
  if (asked.length === 0) return { idOf, places: [] };
  const questions = asked.map(({ service, labels }) => ({ name: service, scope: scopeOf(labels) }));
  const { ids, learned } = identify(questions, await listPlaces(db));
  asked.forEach((alert, i) => idOf.set(alert, ids[i]!));
  return { idOf, places: learned.filter(({ scope }) => Object.keys(scope).length > 0) };
}
