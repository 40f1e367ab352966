import { expect, test } from "vitest";
import { workloadOfAutoscaler, workloadOfClaim, workloadOfJob, workloadOfPod, workloadOfReplicaSet } from "./workload";

test.each([
  ["checkout-7d9f8b6c5-x2x9z", "checkout"],
  ["ledger-5db6ff6846-hqd4j", "ledger"],
  ["check-out-6c8f7d9b54-abcde", "check-out"],
  ["api-v2-bcdfghjklm-hjklm", "api-v2"],
  ["kafka-0", "kafka"],
  ["postgres-primary-12", "postgres-primary"],
  ["fluent-bit-x7k2p", "fluent-bit"],
  ["log-shipper-bcdfg", "log-shipper"],
  ["backup-28390120-x7k2p", "backup"],
  ["resize-00012-deployment-7d9f8b6c5-x2x9z", "resize"],
  ["web", "web"],
  ["my-nginx", "my-nginx"],
  ["order-processor-redis", "order-processor-redis"],
  ["public-https", "public-https"],
  ["kube-apiserver-node-a", "kube-apiserver-node-a"],
  ["", ""],
])("pod %j: %s", (pod, workload) => expect(workloadOfPod(pod)).toBe(workload));

test.each([
  [workloadOfJob, "backup-28390120", "backup"],
  [workloadOfJob, "backup-1580000000", "backup"],
  [workloadOfJob, "migrate-v12", "migrate-v12"],
  [workloadOfReplicaSet, "checkout-7d9f8b6c5", "checkout"],
  [workloadOfReplicaSet, "checkout-frontend", "checkout-frontend"],
  [workloadOfClaim, "data-ledger-0", "ledger"],
  [workloadOfClaim, "ledger-archive", "ledger-archive"],
  [workloadOfClaim, "wal-ledger-1", "wal-ledger"],
  [workloadOfAutoscaler, "keda-hpa-checkout", "checkout"],
])("%o of %s: %s", (of, name, workload) => expect(of(name)).toBe(workload));

test("a name of any length is read in no time", () => {
  // Time of this process alone, in µs, whoever else is at work. A square would take hours.
  const before = process.cpuUsage();
  for (const name of ["a-".repeat(500_000), "b2".repeat(500_000), `${"-".repeat(500_000)}0`, "1-".repeat(500_000)])
    workloadOfPod(name);
  expect(process.cpuUsage(before).user).toBeLessThan(5_000_000);
});
