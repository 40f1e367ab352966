import { found, type Looked } from "./looked";
import type { Prometheus, Sample } from "./prometheus";

/** A service as its metrics name it. */
export interface DiscoveredService {
  name: string;
  /** The label that gave the name. */
  labelKey: string;
  /** Labels that select its series, for {@link selector}. */
  selector: Record<string, string>;
  /** Instances whose last scrape worked. */
  up: number;
  /** Instances that are being scraped. */
  instances: number;
  /** Instances that were scraped within the look-back and are no more: removed on purpose, or lost with their discovery. */
  gone: number;
}

/** Labels that may name a service, the most telling first: what a team wrote before what the scraper was set up with. */
const NAMING_LABELS = ["service", "app", "app_kubernetes_io_name", "job"] as const;
/** How long an instance that vanished is still spoken of, in seconds. */
const LOOK_BACK_S = 3_600;

/**
 * Services from the labels of `up`, sorted by name. Names are untrusted text. A service with instances under several jobs is
 * one. `at`: epoch seconds. Could not look when any of its questions could not be answered: a part would look like an outage.
 */
export async function discoverServices(
  prometheus: Prometheus,
  { at, lookBackS = LOOK_BACK_S }: { at: number; lookBackS?: number },
): Promise<Looked<DiscoveredService[]>> {
  const by = `by (${NAMING_LABELS.join(", ")})`;
  const [up, instances, seen] = await Promise.all([
    prometheus.instant(`sum ${by} (up)`, at),
    prometheus.instant(`count ${by} (up)`, at),
    prometheus.instant(`count ${by} (last_over_time(up[${Math.round(lookBackS)}s]))`, at),
  ]);
  if (!up.ok) return up;
  if (!instances.ok) return instances;
  if (!seen.ok) return seen;
  const services = new Map<string, DiscoveredService>();
  const add = (samples: Sample[], field: "up" | "instances" | "gone") => {
    for (const { labels, value } of samples) {
      const labelKey = NAMING_LABELS.find((label) => labels[label]);
      if (!labelKey) continue;
      const name = labels[labelKey]!;
      const service = services.get(name) ?? {
        name,
        labelKey,
        selector: { [labelKey]: name },
        up: 0,
        instances: 0,
        gone: 0,
      };
      service[field] += value;
      services.set(name, service);
    }
  };
  add(up.value, "up");
  add(instances.value, "instances");
  add(seen.value, "gone");
  for (const service of services.values()) service.gone = Math.max(0, service.gone - service.instances);
  return found(
    prometheus.source,
    [...services.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    up.truncated || instances.truncated || seen.truncated,
  );
}
