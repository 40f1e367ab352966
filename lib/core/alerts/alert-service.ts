import { ALERT_LIMITS, cleanName } from "./alert-text";
import { workloadOfAutoscaler, workloadOfClaim, workloadOfJob, workloadOfPod, workloadOfReplicaSet } from "./workload";

/** What a team or a tracer calls the service, the most telling first. */
const SERVICE_LABELS = [
  "service",
  "service_name",
  "app",
  "app_kubernetes_io_name",
  "application",
  "label_app_kubernetes_io_name",
  "label_app",
  "destination_service_name",
  "destination_canonical_service",
  "destination_workload",
  "com_docker_compose_service",
  "container_label_com_docker_compose_service",
  "compose_service",
] as const;

type Read = (name: string) => string;
const asIs: Read = (name) => name;
/** Kubernetes objects that name their workload, the owner before what it makes. */
const WORKLOAD_LABELS: readonly (readonly [label: string, workload: Read])[] = [
  ["deployment", asIs],
  ["deployment_name", asIs],
  ["statefulset", asIs],
  ["statefulset_name", asIs],
  ["stateful_set", asIs],
  ["daemonset", asIs],
  ["daemonset_name", asIs],
  ["daemon_set", asIs],
  ["rollout", asIs],
  ["workload", asIs],
  ["replicaset", workloadOfReplicaSet],
  ["replicaset_name", workloadOfReplicaSet],
  ["replica_set", workloadOfReplicaSet],
  ["cronjob", asIs],
  ["cronjob_name", asIs],
  ["job_name", workloadOfJob],
  ["horizontalpodautoscaler", workloadOfAutoscaler],
  ["hpa", workloadOfAutoscaler],
  ["verticalpodautoscaler", asIs],
  ["scaledobject", asIs],
  ["scaled_object", asIs],
  ["persistentvolumeclaim", workloadOfClaim],
  ["poddisruptionbudget", asIs],
  ["ingress", asIs],
];
const POD_LABELS = ["pod", "pod_name"] as const;
const CONTAINER_LABELS = ["container", "container_name"] as const;
/** Where no service is named: the machine. */
const HOST_LABELS = ["node", "nodename", "node_name", "host", "hostname", "host_name", "instance", "target"] as const;

/** Programs that report on others: their name says who saw it, not who suffers. */
const OBSERVERS =
  /kube[-_]?state[-_]?metrics|(?:^|[-_/])(?:node|blackbox|snmp|process|windows|event|events|json|x509[-_]certificate)[-_]?exporter$|(?:^|[-_/])(?:blackbox|cadvisor|kubelet|pushgateway)$/;
/** Of these, the one that watches the whole cluster from afar: its own address says nothing about anybody. */
const CLUSTER_OBSERVER = /kube[-_]?state[-_]?metrics/;
/** Jobs named after how targets were found, not after what they are. */
const DISCOVERY_JOBS = /^kubernetes-(?:pods|services?|service-endpoints|endpoints|nodes|cadvisor|ingresses)(?:-slow)?$/;
/** Containers named after their part in a pod, and those that are put beside every container. */
const SIDE_CONTAINERS =
  /^(?:main|app|container|pod|istio-(?:proxy|init)|envoy|linkerd-(?:proxy|init)|vault-agent|cloud-?sql-proxy|daprd)$/i;
/** Where observers live: an alert's namespace may be that of who reports it. */
const OBSERVERS_NAMESPACE = /^(?:.*-)?(?:monitoring|observability|prometheus|kube-prometheus-stack)(?:-system)?$/;

/**
 * Looks labels up by the names that different senders give them: `exported_pod` (what Prometheus makes of a label that a
 * target brings along), `pod`, `k8s.pod.name`, `kube_pod` and `kubernetes_pod` are one label, the first that says something.
 */
function reader(labels: Readonly<Record<string, string>>): (name: string) => string | null {
  const said = new Map<string, string>();
  for (const [name, value] of Object.entries(labels)) {
    const key = name.toLowerCase().replace(/[^a-z0-9]+/g, "_");
    if (value && !said.has(key)) said.set(key, value);
  }
  return (name) => {
    for (const key of [
      `exported_${name}`,
      name,
      `k8s_${name}`,
      `k8s_${name}_name`,
      `kube_${name}`,
      `kubernetes_${name}`,
    ])
      if (said.has(key)) return said.get(key)!;
    return null;
  };
}

/**
 * The service that an alert is about. Labels of a team come first (`service`, `app` …), then the Kubernetes workload (from
 * the object that is named, down to the pod), the scrape job, the container, the host. Who only reports on others
 * (kube-state-metrics, exporters, the kubelet) is the service where nothing else is named. Where the labels name nothing:
 * `namespace:` and the namespace, else `alert:` and the alert's name, so that alerts without a service are not taken for
 * those of one. Names are as the sender writes them; `.` and `..` cannot be names, since no address could hold them.
 */
export function serviceOf(labels: Readonly<Record<string, string>>, alertName: string): string {
  const label = reader(labels);
  const all = (names: readonly string[]) => names.map(label).filter((value) => value !== null);
  const workload = WORKLOAD_LABELS.map(([name, read]) => {
    const value = label(name);
    return value === null ? null : read(value);
  }).find((value) => !!value);
  const pods = all(POD_LABELS).map(workloadOfPod);
  const jobs = all(["job"]).filter((job) => !DISCOVERY_JOBS.test(job));
  const containers = all(CONTAINER_LABELS).filter((name) => !SIDE_CONTAINERS.test(name));
  const named = [...all(SERVICE_LABELS), ...jobs];
  const reporters = [...named, ...containers].filter((name) => OBSERVERS.test(name));
  const isService = (name: string) => !OBSERVERS.test(name) && isName(name);
  const fromAfar = reporters.some((name) => CLUSTER_OBSERVER.test(name));
  const hosts = fromAfar ? all(["node"]) : all(HOST_LABELS).map(hostIn);
  const namespace = namespaceOf(label);
  const about =
    all(SERVICE_LABELS).find(isService) ??
    workload ??
    unitIn(label, reporters) ??
    jobs.find(isService) ??
    pods.find(isService) ??
    containers.find(isService) ??
    hosts.find(isName) ??
    (fromAfar && namespace && !alertName.startsWith("KubeStateMetrics") ? `namespace:${namespace}` : null) ??
    reporters[0] ??
    (namespace ? `namespace:${namespace}` : null);
  const name = cleanName(about ?? "", ALERT_LIMITS.name);
  return isName(name) ? name : cleanName(`alert:${alertName}`, ALERT_LIMITS.name);
}

/** A path of an address cannot hold `.` or `..`: what is called so could be neither looked at nor contained. */
const isName = (name: string): boolean => name !== "" && name !== "." && name !== "..";

/** A node exporter names the systemd unit, cAdvisor the Docker container. */
function unitIn(label: (name: string) => string | null, reporters: readonly string[]): string | null {
  const name = label("name");
  if (name === null) return null;
  if (name.endsWith(".service")) return name.slice(0, -".service".length) || null;
  return reporters.some((reporter) => reporter.endsWith("cadvisor")) ? name : null;
}

/** The host of an address: without scheme, path and port. */
function hostIn(instance: string): string {
  if (/^https?:\/\//i.test(instance) && URL.canParse(instance)) return new URL(instance).hostname;
  return instance.replace(/:\d+$/, "");
}

function namespaceOf(label: (name: string) => string | null): string | null {
  const namespace = label("namespace") ?? label("destination_namespace") ?? label("service_namespace");
  return namespace === null || OBSERVERS_NAMESPACE.test(namespace) ? null : namespace;
}

/** Where a service runs, as far as it is said. Two services of one name that run in different places are two. */
export type Scope = Partial<Record<ScopeKey, string>>;
export const SCOPE_KEYS = ["environment", "cluster", "namespace"] as const;
export type ScopeKey = (typeof SCOPE_KEYS)[number];

const ENVIRONMENT_LABELS = ["environment", "env", "deployment_environment", "deployment_environment_name"] as const;
const CLUSTER_LABELS = ["cluster", "cluster_name"] as const;
/** Short and long forms of one environment. */
const ENVIRONMENTS: Record<string, string> = {
  production: "prod",
  prd: "prod",
  live: "prod",
  stage: "staging",
  stg: "staging",
  development: "dev",
};
const USUAL_ENVIRONMENTS = new Set([...Object.values(ENVIRONMENTS), "test", "qa", "uat"]);

const shortForm = (environment: string): string =>
  Object.hasOwn(ENVIRONMENTS, environment) ? ENVIRONMENTS[environment]! : environment;

/**
 * The environment behind a deployment target's name, in its short form: `Production` and `Production – web` (how hosting
 * providers name one of several) are `prod`. `usual`: the name has a word that commonly stands for an environment; others
 * (`github-pages`, `eu-1`) may be environments or anything else. Empty: nothing is said.
 */
export function environmentOf(target: string): { environment: string; usual: boolean } {
  const name = target.trim().toLowerCase();
  const usual = name
    .split(/[^a-z0-9]+/)
    .map(shortForm)
    .find((word) => USUAL_ENVIRONMENTS.has(word));
  return { environment: cleanName(usual ?? name, ALERT_LIMITS.scope), usual: usual !== undefined };
}

/** Where what an alert is about runs: its environment (in its short form), cluster and Kubernetes namespace. */
export function scopeOf(labels: Readonly<Record<string, string>>): Scope {
  const label = reader(labels);
  const first = (names: readonly string[]) => names.map(label).find((value) => value !== null) ?? null;
  const scope = {
    environment: shortForm(first(ENVIRONMENT_LABELS)?.trim().toLowerCase() ?? ""),
    cluster: first(CLUSTER_LABELS),
    namespace: namespaceOf(label),
  };
  return Object.fromEntries(
    SCOPE_KEYS.flatMap((key) => {
      const value = cleanName(scope[key] ?? "", ALERT_LIMITS.scope);
      return value ? [[key, value]] : [];
    }),
  );
}
