import { found, type Looked, unreadOf } from "./looked";
import type { Prometheus, Sample } from "./prometheus";

/** Labels that say which container a process runs in, as Prometheus' discovery of Kubernetes sets them. */
const POD = ["namespace", "pod", "container"] as const;

/** Limits of containers in cores: as kube-state-metrics tells them, else as cAdvisor reads them from the cgroup. */
const LIMITS = [
  `sum by (${POD.join(", ")}) (kube_pod_container_resource_limits{resource="cpu"})`,
  `sum by (${POD.join(", ")}) (container_spec_cpu_quota{container!=""} / container_spec_cpu_period{container!=""})`,
].join(" or ");

/**
 * How much CPU one instance of each service may use, in cores, where that is known: the limit of the container that its process
 * runs in, or of its whole pod where the series does not name the container. The largest where instances differ, as they
 * do while a new limit is rolled out. `key`: the label that names services; `metric`: the counter of their CPU time.
 */
export async function cpuLimits(
  prometheus: Prometheus,
  { key, metric, at }: { key: string; metric: string; at: number },
): Promise<Looked<Map<string, number>>> {
  const instances = await prometheus.instant(
    `count by (${[key, ...POD].join(", ")}) (${metric}{${key}!="",pod!=""})`,
    at,
  );
  if (!instances.ok) return instances;
  const limits = new Map<string, number>();
  if (instances.value.length === 0) return found(prometheus.source, limits, instances.truncated);
  const known = await prometheus.instant(LIMITS, at);
  if (!known.ok) return known;
  const ofContainer = new Map(known.value.map(({ labels, value }) => [containerOf(labels), value]));
  const ofPod = new Map<string, number>();
  for (const { labels, value } of known.value) {
    const pod = containerOf({ ...labels, container: "" });
    ofPod.set(pod, (ofPod.get(pod) ?? 0) + value);
  }
  for (const { labels } of instances.value) {
    const limit = (labels["container"] ? ofContainer : ofPod).get(containerOf(labels));
    const service = labels[key];
    if (service && limit !== undefined && limit > 0) limits.set(service, Math.max(limits.get(service) ?? 0, limit));
  }
  return found(prometheus.source, limits, instances.truncated || known.truncated, unreadOf([instances, known]));
}

const containerOf = (labels: Sample["labels"]): string => JSON.stringify(POD.map((name) => labels[name] ?? ""));
