import type { Alert } from "@/lib/core/alerts/alert";
import type { SignalNow } from "@/lib/core/services/signal-watch";
import { amount, limitText } from "@/lib/core/base/amounts";
import { durationText } from "@/lib/core/base/durations";
import type { SignalSpec } from "@/lib/core/services/signals";
import type { Service } from "@/lib/db/queries/services";
import type { ServiceConfig } from "@/lib/config/services";

/** The source of what Sentinel notices by itself. */
export const OWN_SOURCE = "sentinel";
/** A limit must be crossed for so many looks in a row: one scrape can be unlucky. */
const LOOKS = 2;

/** A signal of this look, and how many instances it stands for; null: they could not be counted. */
export interface Seen {
  spec: SignalSpec;
  signal: SignalNow;
  instances: number | null;
}

/** What stands behind a value: which instances it is about. */
export function detailOf({ signal: { name, value }, instances }: Seen): string | null {
  if (value === null || instances === null) return null;
  if (name === "up") return value < 1 ? downText(value, instances) : countText(instances, "instance");
  return name === "cpu" && instances > 1 ? `the busiest of ${instances} instances` : null;
}

/** `1 of 4 instances down`. */
function downText(share: number, instances: number | null): string {
  if (instances === null) return `${amount(1 - share, "ratio")} of its instances down`;
  return `${Math.round((1 - share) * instances)} of ${countText(instances, "instance")} down`;
}

const countText = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;

/** Beyond this share of its instances being down, a service has more on its hands than a spare can take. */
const MOST = 0.5;

/** The alert that a signal raises, or its end; null while nothing new is known of it. */
export function signalAlert(service: Service, seen: Seen, config: ServiceConfig, now: number): Alert | null {
  const { signal } = seen;
  const { name, value, state } = signal;
  if (value === null || state === "unknown") return null;
  const over = state === "over_limit" && now - signal.since >= (LOOKS - 1) * config.watchMs;
  // Between two looks nothing has ended yet.
  if (state === "over_limit" && !over) return null;
  const firing = over || state === "out_of_band";
  const said = name === "up" ? reachability(service.id, seen, value) : excess(seen, value, over);
  const more = { startsAt: signal.since, value, now };
  return own(service.id, name, firing ? "firing" : "resolved", { ...said, ...more });
}

type Said = Pick<Alert, "name" | "severity" | "summary">;

function reachability(service: string, { instances }: Seen, share: number): Said {
  if (share > 0)
    return {
      name: "instances down",
      severity: 1 - share > MOST ? "critical" : "warning",
      summary: downText(share, instances),
    };
  const all = instances !== null && instances > 1 ? `: all ${instances} instances are down` : "";
  return { name: "not reachable", severity: "critical", summary: `${service} cannot be reached${all}` };
}

function excess(seen: Seen, value: number, over: boolean): Said {
  const { spec, signal } = seen;
  const where = detailOf(seen);
  const limit = limitText(spec.upper ?? null, spec.lower ?? null, spec.unit);
  return {
    name: over ? `${spec.name} over its limit` : `${spec.name} out of band`,
    severity: over && spec.name === "errors" ? "critical" : "warning",
    summary: over
      ? `${spec.title} at ${amount(value, spec.unit)}${where ? ` in ${where}` : ""}, limit: ${limit}`
      : (signal.news ?? `${spec.title} out of its usual band`),
  };
}

/** The alert about a service that nothing is measured of any more, or its end. */
export function noDataAlert(service: Service, silent: boolean, config: ServiceConfig, now: number): Alert {
  const long = silent && now - service.lastSeenAt >= config.noDataMs;
  return own(service.id, "no_data", long ? "firing" : "resolved", {
    name: "no data",
    severity: "warning",
    startsAt: service.lastSeenAt,
    summary: `No metrics arrived from ${service.id} for ${durationText(now - service.lastSeenAt)}: its health is unknown`,
    value: null,
    now,
  });
}

/** The alert about the source itself; `reason`: why nothing of it can be read, null if something can. `since`: epoch ms. */
export function unreadableAlert(
  source: string,
  { reason, since }: { reason: string | null; since: number },
  config: ServiceConfig,
  now: number,
): Alert | null {
  const long = reason !== null && now - since >= config.noDataMs;
  if (reason !== null && !long) return null;
  return own(source, "unreadable", long ? "firing" : "resolved", {
    name: "metrics cannot be read",
    severity: "critical",
    startsAt: since,
    summary: `${source} could not be read for ${durationText(now - since)}: ${reason}. The health of services is unknown`,
    value: null,
    now,
  });
}

function own(
  service: string,
  signal: string,
  status: Alert["status"],
  of: Pick<Alert, "name" | "severity" | "startsAt" | "summary" | "value"> & { now: number },
): Alert {
  const { now, ...rest } = of;
  return {
    ...rest,
    source: "sentinel",
    service,
    fingerprint: `${service}/${signal}`,
    status,
    startGiven: true,
    endsAt: status === "firing" ? null : now,
    labels: { service, signal },
    annotations: {},
    generatorUrl: null,
  };
}
