import { found, type Looked, unreadOf } from "./looked";
import type { Prometheus } from "./prometheus";

/** A service as its metrics name it. */
export interface DiscoveredService {
  name: string;
  /** The label that gave the name. */
  labelKey: string;
  /** Labels that select its series, for {@link selector}. */
  selector: Record<string, string>;
}

/** Labels that may name a service, the most telling first: what a team wrote before what the scraper was set up with. */
const NAMING_LABELS = ["service", "app", "app_kubernetes_io_name", "job"] as const;
/** How long an instance that vanished is still spoken of, in seconds. */
const LOOK_BACK_S = 3_600;

/**
 * Services from the labels of `up`, now and within the look-back, sorted by name. Names are untrusted text. A service with
 * instances under several jobs is one. `at`: epoch seconds. Could not look when neither question was answered; when one of
 * them was not, it is named as missing.
 */
export async function discoverServices(
  prometheus: Prometheus,
  { at, lookBackS = LOOK_BACK_S }: { at: number; lookBackS?: number },
): Promise<Looked<DiscoveredService[]>> {
  const by = `by (${NAMING_LABELS.join(", ")})`;
  const looks = await Promise.all([
    prometheus.instant(`count ${by} (up)`, at),
    prometheus.instant(`count ${by} (last_over_time(up[${Math.round(lookBackS)}s]))`, at),
  ]);
  const answered = looks.filter((look) => look.ok);
  if (answered.length === 0) return looks[0] as Looked<never>;
  const services = new Map<string, DiscoveredService>();
  for (const { labels } of answered.flatMap(({ value }) => value)) {
    const labelKey = NAMING_LABELS.find((label) => labels[label]);
    if (labelKey === undefined) continue;
    const name = labels[labelKey]!;
    if (!services.has(name)) services.set(name, { name, labelKey, selector: { [labelKey]: name } });
  }
  return found(
    prometheus.source,
    [...services.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    answered.some(({ truncated }) => truncated),
    unreadOf(looks),
  );
}
