import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fingerprintOf, worstSeverity } from "./alert";
import { scopeOf, serviceOf } from "./alert-service";
import { isFromZabbix, severityOf, severityOfZabbix } from "./alert-severity";
import { cleanText } from "./alert-text";
import { classifyOccurrence } from "./alert-occurrence";
import { FLAP, flapOf } from "./alert-flap";
import { globFits, type MaintenanceWindow, mutedBy } from "./maintenance";

describe("the service that labels name", () => {
  test.each([
    [{ service: "a", app: "b", job: "c" }, "a"],
    [{ job: "c", app: "b" }, "b"],
    [{ job: "c", instance: "10.0.0.1:80" }, "c"],
    [{ job: "kube-state-metrics", service: "prom-kube-state-metrics", deployment: "shop" }, "shop"],
    [{ job: "node-exporter", instance: "db-1:9100" }, "db-1"],
    [{ job: "node", instance: "db-1:9100" }, "node"],
    [{ job: "blackbox" }, "blackbox"],
    [{ service: "", app: "b" }, "b"],
    [{ severity: "page" }, "alert:HighLatency"],
    [{}, "alert:HighLatency"],
    [{ service: "a\nb" }, "a b"],
    [JSON.parse('{"__proto__":"x","job":"y"}') as Record<string, string>, "y"],
  ])("%j: %s", (labels, expected) => expect(serviceOf(labels as Record<string, string>, "HighLatency")).toBe(expected));
});

describe("the workload behind Kubernetes' own alerts", () => {
  const observer = {
    job: "kube-state-metrics",
    service: "prom-kube-state-metrics",
    instance: "10.1.2.3:8080",
    namespace: "shop",
  };
  const honoured = { ...observer, container: "main", endpoint: "http" };
  const own = { ...observer, pod: "prom-kube-state-metrics-5d9c7b8f6-abcde", container: "kube-state-metrics" };
  test.each([
    ["KubePodNotReady", { ...honoured, pod: "checkout-7d9f8b6c5-x2x9z" }, "checkout"],
    ["KubePodCrashLooping", { ...honoured, pod: "ledger-5db6ff6846-hqd4j" }, "ledger"],
    ["KubeContainerWaiting", { ...honoured, pod: "kafka-0", container: "kafka" }, "kafka"],
    ["KubeHpaMaxedOut", { ...own, horizontalpodautoscaler: "ledger" }, "ledger"],
    ["KubeDeploymentReplicasMismatch", { ...own, deployment: "checkout" }, "checkout"],
    ["KubeStatefulSetReplicasMismatch", { ...own, statefulset: "kafka" }, "kafka"],
    ["KubeDaemonSetRolloutStuck", { ...own, daemonset: "node-exporter" }, "node-exporter"],
    ["KubeJobFailed", { ...own, job_name: "backup-28390120" }, "backup"],
    ["KubeCronJobRunning", { ...own, cronjob: "backup" }, "backup"],
    [
      "KubePersistentVolumeFillingUp",
      { job: "kubelet", service: "prom-kubelet", node: "n1", persistentvolumeclaim: "data-ledger-0" },
      "ledger",
    ],
    ["CPUThrottlingHigh", { namespace: "shop", pod: "checkout-7d9f8b6c5-x2x9z", container: "istio-proxy" }, "checkout"],
    ["KubeNodeNotReady", { ...own, node: "n1" }, "n1"],
    ["KubeQuotaFullyUsed", { ...own, resourcequota: "q" }, "namespace:shop"],
    ["KubeStateMetricsListErrors", own, "prom-kube-state-metrics"],
    ["KubePodNotReady", { ...own, exported_pod: "checkout-7d9f8b6c5-x2x9z", exported_namespace: "shop" }, "checkout"],
    ["High", { "k8s.deployment.name": "checkout", "k8s.namespace.name": "shop" }, "checkout"],
    ["High", { kube_deployment: "checkout", kube_namespace: "shop", pod_name: "x" }, "checkout"],
    ["High", { job: "kubernetes-pods", pod: "checkout-7d9f8b6c5-x2x9z" }, "checkout"],
    ["SystemdUnitFailed", { job: "node-exporter", instance: "n1:9100", name: "checkout.service" }, "checkout"],
    ["ContainerDown", { job: "cadvisor", instance: "n1:8080", name: "checkout" }, "checkout"],
    ["ProbeFailed", { job: "blackbox", instance: "https://shop.test/health" }, "shop.test"],
    ["Odd", { service: ".." }, "alert:Odd"],
    ["Odd", { service: ".", pod: "api-0" }, "api"],
  ])("%s %j: %s", (name, labels, expected) => expect(serviceOf(labels as Record<string, string>, name)).toBe(expected));
  test.each([
    [
      { env: "Production", namespace: "shop" },
      { environment: "prod", namespace: "shop" },
    ],
    [
      { deployment_environment: "staging", cluster: "eu" },
      { environment: "staging", cluster: "eu" },
    ],
    [{ namespace: "monitoring", exported_namespace: "shop" }, { namespace: "shop" }],
    [{ namespace: "monitoring" }, {}],
    [
      { "k8s.namespace.name": "shop", kube_cluster_name: "eu" },
      { cluster: "eu", namespace: "shop" },
    ],
    [{ env: " " }, {}],
  ])("%j runs in %j", (labels, scope) => expect(scopeOf(labels as Record<string, string>)).toEqual(scope));
});

describe("severities", () => {
  test.each([
    [
      "critical",
      ["critical", "CRIT", " page ", "fatal", "error", "high", "P1", "p2", "sev0", "SEV-1", "1", "emergency"],
    ],
    ["warning", ["warning", "warn", "P3", "sev3", "3", "ticket", "minor", "", null, undefined, "whatever"]],
    ["info", ["info", "none", "P5", "sev4", "debug", "low"]],
    ["critical", ["5 - Disaster", "P1 - Critical", "High (P2)", "SEV 1", "priority-1", "Severe", "1 - Critical"]],
    [
      "warning",
      ["5", "4", "0", "not classified", "non-critical", "Average", "Medium", "3 - Moderate", "P3 - High", "no data"],
    ],
    ["info", ["P4 - Low", "Information", "4 - Low", "sev-5"]],
  ])("%s", (expected, words) => {
    for (const word of words) expect(severityOf(word), `${word}`).toBe(expected);
  });
  test("Zabbix' numbers count up, where an alert says that it is from Zabbix", () => {
    expect(["0", "1", "2", "3", "4", "5", "6", "High"].map(severityOfZabbix)).toEqual([
      "warning",
      "info",
      "warning",
      "warning",
      "critical",
      "critical",
      null,
      null,
    ]);
    expect(isFromZabbix({ source: "Zabbix" })).toBe(true);
    expect(isFromZabbix({ service: "zabbix" })).toBe(false);
  });
  test("the worst", () => {
    expect(worstSeverity(["info", "critical", "warning"])).toBe("critical");
    expect(worstSeverity([])).toBe("info");
  });
});

describe("fingerprints", () => {
  // Values of the tests of github.com/prometheus/common/model (signature_test.go).
  test.each([
    [{}, 14695981039346656037n],
    [{ name: "garland, briggs", fear: "love is not enough" }, 5799056148416392346n],
  ])("%j as Prometheus", (labels, expected) => {
    expect(BigInt(`0x${fingerprintOf(labels as Record<string, string>)}`)).toBe(expected);
  });
  test("are FNV-1a with 64 bits, as the definition has it", () => {
    const byDefinition = (bytes: Iterable<number>) => {
      let hash = 0xcbf29ce484222325n;
      for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
      return hash.toString(16).padStart(16, "0");
    };
    const encoder = new TextEncoder();
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (name, value) => {
        const bytes = [...encoder.encode(name), 255, ...encoder.encode(value), 255];
        expect(fingerprintOf({ [name]: value })).toBe(byDefinition(bytes));
      }),
    );
  });
  test("depend on the set of labels alone", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string())), (pairs) => {
        const labels = Object.fromEntries(pairs);
        expect(fingerprintOf(Object.fromEntries(Object.entries(labels).toReversed()))).toBe(fingerprintOf(labels));
      }),
    );
    expect(fingerprintOf({ ab: "c" })).not.toBe(fingerprintOf({ a: "bc" }));
  });
});

describe("texts", () => {
  test.each([
    ["a\u0000b\r\n\u2028c", 10, "a b c"],
    ["  a  ", 10, "a"],
    ["abcdef", 4, "abc…"],
    ["abcd", 4, "abcd"],
    ["ab😀d", 4, "ab…"],
    ["\ud800x", 10, "\ufffdx"],
    ["user\u202etxt.exe", 20, "user txt.exe"],
    ["\u0007", 5, ""],
  ])("%j at most %i: %j", (text, max, expected) => expect(cleanText(text, max)).toBe(expected));
  test("lines may break where they are lines", () => expect(cleanText("a\r\nb\tc", 20, true)).toBe("a \nb c"));
  test("always whole, bounded, without control characters", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (text, max) => {
        const clean = cleanText(text, max);
        expect(clean.length).toBeLessThanOrEqual(max);
        expect(clean.isWellFormed()).toBe(true);
        expect(clean).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});

describe("what a message says of an alert", () => {
  const firing = (startsAt: number | null) => ({
    status: "firing" as const,
    startsAt: startsAt ?? 99,
    startGiven: startsAt !== null,
  });
  const resolved = (startsAt: number | null) => ({ ...firing(startsAt), status: "resolved" as const });
  const [on, off] = [
    { startsAt: 5, endsAt: null },
    { startsAt: 5, endsAt: 9 },
  ];
  test.each([
    ["first firing", firing(5), null, { kind: "new", supersedes: false }],
    ["firing again and again", firing(5), on, { kind: "repeat" }],
    ["a late repeat after its end never opens", firing(5), off, { kind: "repeat" }],
    ["another occurrence", firing(20), off, { kind: "new", supersedes: false }],
    ["another one, the end of the last was lost", firing(20), on, { kind: "new", supersedes: true }],
    ["a replica saw it earlier", firing(4), on, { kind: "repeat" }],
    ["an old message", firing(4), off, { kind: "old" }],
    ["its end", resolved(5), on, { kind: "resolve" }],
    ["its end again", resolved(5), off, { kind: "repeat" }],
    ["an end with an earlier start", resolved(4), on, { kind: "resolve" }],
    ["an old end", resolved(4), off, { kind: "old" }],
    ["an end never seen to begin", resolved(5), null, { kind: "stray" }],
    ["a whole occurrence missed", resolved(20), off, { kind: "stray" }],
    ["no start: first", firing(null), null, { kind: "new", supersedes: false }],
    ["no start: repeat", firing(null), on, { kind: "repeat" }],
    ["no start: anew", firing(null), off, { kind: "new", supersedes: false }],
    ["no start: its end", resolved(null), on, { kind: "resolve" }],
    ["no start: its end again", resolved(null), off, { kind: "repeat" }],
  ])("%s", (_, alert, known, expected) => expect(classifyOccurrence(alert, known)).toEqual(expected));
});

describe("flapping", () => {
  const now = 10 * FLAP.windowMs;
  /** `n` changes, one in every other slot, the newest in slot `from` before now. */
  const changes = (n: number, from = 0) => Array.from({ length: n }, (_, i) => now - (from + 2 * i) * 180_000 - 1);
  test.each([
    ["quiet", [], false, false],
    ["one firing and its end", changes(2), false, false],
    ["three times", changes(6), false, true],
    ["begins only above the high limit", changes(5), false, false],
    ["stays until below the low limit", changes(4), true, true],
    ["ends", changes(3), true, false],
    ["old changes weigh less", changes(6, 9), false, false],
    ["ten changes in one slot are one", Array.from({ length: 10 }, (_, i) => now - i), false, false],
    ["outside of the window, or to come", [...changes(3), now + 1, now - FLAP.windowMs], true, false],
  ])("%s", (_, at, was, expected) => expect(flapOf(at, was, now).flapping).toBe(expected));
  test("all slots changed is 100 per cent", () => {
    const all = Array.from({ length: FLAP.slots }, (_, i) => now - i * 180_000);
    expect(flapOf(all, false, now).percent).toBeCloseTo(100, 9);
  });
});

describe("maintenance", () => {
  const window = (more: Partial<MaintenanceWindow>): MaintenanceWindow => ({
    id: "w",
    service: "*",
    labels: {},
    startsAt: 10,
    endsAt: 20,
    ...more,
  });
  const alert = { service: "shop-api", labels: { env: "prod" } };
  test.each([
    [{}, 10, true],
    [{}, 9, false],
    [{}, 19, true],
    [{}, 20, false],
    [{ service: "shop-*" }, 10, true],
    [{ service: "shop" }, 10, false],
    [{ labels: { env: "prod" } }, 10, true],
    [{ labels: { env: "pro" } }, 10, false],
    [{ labels: { toString: "x" } }, 10, false],
    [{ service: "x", labels: { env: "prod" } }, 10, false],
  ])("%j at %i: %s", (more, now, expected) => expect(mutedBy(alert, [window(more)], now) !== null).toBe(expected));
  test("of several the one that ends last", () => {
    const windows = [window({ id: "b" }), window({ id: "c", endsAt: 30 }), window({ id: "a", endsAt: 30 })];
    expect(mutedBy(alert, windows, 15)?.id).toBe("a");
  });
  test.each([
    ["*", "", true],
    ["", "", true],
    ["", "a", false],
    ["a?c", "abc", true],
    ["a?c", "ac", false],
    ["*a*b", "xxaxxb", true],
    ["*a*b", "xxaxxbc", false],
    ["**", "x", true],
    ["a.c", "abc", false],
  ])("%j fits %j: %s", (pattern, text, expected) => expect(globFits(pattern, text)).toBe(expected));
  test("a pattern means what the regular expression means, and none is slow", () => {
    const piece = fc.string({ unit: fc.constantFrom("a", "b", "*", "?"), maxLength: 8 });
    fc.assert(
      fc.property(piece, fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 }), (pattern, text) => {
        const regex = new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`);
        expect(globFits(pattern, text)).toBe(regex.test(text));
      }),
    );
    expect(globFits(`${"*a".repeat(100)}b`, "a".repeat(5_000))).toBe(false);
  });
});
