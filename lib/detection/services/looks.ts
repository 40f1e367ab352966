import { SPAN_SIGNALS } from "@/lib/core/services/span-signals";
import type { Readings } from "@/lib/core/services/signal-watch";
import type { SignalSpec } from "@/lib/core/services/signals";
import type { ServiceConfig } from "@/lib/config/services";
import type { Db } from "@/lib/db/client";
import type { Service } from "@/lib/db/queries/services";
import { tracedSignals, tracesQuery } from "@/lib/evidence/traces";
import { type Measured, queryOf, specsOf } from "./measure";

/** A service with what one look gave of it. */
export interface Look {
  service: Service;
  readings: Readings;
  /** What it is judged by. */
  specs: readonly SignalSpec[];
  /** How its signal can be read again. */
  queryOf: (spec: SignalSpec) => string;
  /** Instances that are scraped; null: they could not be counted. */
  instances: number | null;
  /** It was measured. */
  heard: boolean;
  /** That nothing is heard of it is an alert. Of one that only spans measure it is not: it serves no requests, which is a signal. */
  mayAlertSilence: boolean;
}

/** Services through Prometheus. What could not be read may be there: only an answer can be silent. */
export const scrapedLooks = (
  services: readonly Service[],
  measured: Measured,
  config: ServiceConfig,
  cpuLimits: ReadonlyMap<string, number>,
): Look[] =>
  services.map((service) => {
    const readings = measured.of(service);
    const heard = Object.keys(readings.values).length > 0;
    return {
      service,
      readings,
      specs: specsOf(config, service.id, cpuLimits.get(service.id)),
      queryOf: (spec) => queryOf(spec, service, config),
      instances: measured.instances.get(service.id) ?? null,
      heard,
      mayAlertSilence: heard || Object.keys(readings.problems).length === 0,
    };
  });

const BY_SPANS: ReadonlySet<string> = new Set(SPAN_SIGNALS);

/** Services that only their spans measure. `silent`: whether having heard nothing may count as no requests yet. */
export async function tracedLooks(
  db: Db,
  services: readonly Service[],
  config: ServiceConfig,
  now: number,
  { silent }: { silent: boolean },
): Promise<Look[]> {
  const traced = services.filter(({ labelKey, tracedAt }) => labelKey === null && tracedAt !== null);
  if (traced.length === 0) return [];
  const signals = await tracedSignals(db, now);
  return traced.map((service) => {
    const { values, heard } = signals.get(service.id) ?? { values: {}, heard: false };
    return {
      service,
      readings: { values: heard || silent ? values : {}, problems: {} },
      specs: specsOf(config, service.id).filter(({ name }) => BY_SPANS.has(name)),
      queryOf: ({ name }) => tracesQuery(name, service.id),
      instances: null,
      heard,
      mayAlertSilence: false,
    };
  });
}
