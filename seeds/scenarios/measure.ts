import type { Rng } from "../fleet/rng";
import type { Truth } from "./simulate";

export interface Column {
  node: string;
  metric: string;
  unit?: string;
  values: (number | null)[];
}

/** A scrape is missed this often, and a value is an outlier this often. */
const MISSED = 0.008;
const OUTLIER = 0.006;
/** When proxies give up on what never answers. */
const GIVEN_UP_MS = 4_000;

/** Turns what is true of a slice into what a monitoring system has of it: noisy, rounded, sometimes missing. */
export function createMeter(rng: Rng, stepS: number) {
  const columns = new Map<string, Column>();
  let slices = 0;

  function put(node: string, metric: string, unit: string | undefined, value: number | null, noise: number) {
    const key = `${node} ${metric}`;
    const column = columns.get(key) ?? { node, metric, ...(unit && { unit }), values: Array<null>(slices).fill(null) };
    columns.set(key, column);
    const missed = rng.chance(MISSED);
    const outlier = rng.chance(OUTLIER) ? 1 + rng.next() : 1;
    const seen = value === null || missed ? null : value * rng.lognormal(noise) * outlier;
    column.values.push(seen === null ? null : Number(seen.toPrecision(3)));
  }

  /** A share of failures, as whole failures among so many requests show it. */
  function ratio(share: number, requests: number): number {
    const mean = Math.min(1, share + 0.0006) * requests;
    const failed = Math.round(mean + Math.sqrt(mean) * Math.log(rng.lognormal(1)));
    return Math.min(1, Math.max(0, failed / Math.max(1, requests)));
  }

  function slice(truths: Map<string, Truth>, cpuElsewhere: (node: string) => number, disk: (node: string) => number) {
    for (const { node, down, perSecond, fails, p95, busy, memoryMb, pools, connections } of truths.values()) {
      const live = <T>(value: T): T | null => (down ? null : value);
      const requests = perSecond * stepS;
      const cpu = Math.min(1, 0.04 + busy * 0.8 + cpuElsewhere(node.id));
      switch (node.kind) {
        case "service":
        case "worker":
          put(node.id, "http_requests_per_second", "1/s", live(perSecond), 0.03);
          put(node.id, "http_error_ratio", undefined, live(ratio(fails, requests)), 0.0001);
          put(node.id, "http_request_duration_p95", "ms", live(p95), 0.08);
          put(node.id, "container_cpu_utilization", undefined, live(cpu), 0.08);
          put(node.id, "container_memory_working_set", "MB", live(memoryMb), 0.015);
          for (const { to, inUse, size, waitMs } of pools) {
            put(node.id, `db_pool_in_use_${to}`, "connections", live(Math.max(1, Math.min(size, inUse))), 0.06);
            put(node.id, `db_pool_acquire_wait_p95_${to}`, "ms", live(0.2 + waitMs * 1.4), 0.15);
          }
          break;
        case "database":
        case "cache":
          put(
            node.id,
            node.kind === "cache" ? "commands_per_second" : "queries_per_second",
            "1/s",
            live(perSecond),
            0.03,
          );
          put(node.id, "query_duration_p95", "ms", live(p95), 0.08);
          put(node.id, "cpu_utilization", undefined, live(cpu), 0.08);
          if (node.kind === "database") put(node.id, "connections_active", "connections", live(2 + connections), 0.05);
          break;
        case "external":
          // As the mesh sees what goes there: nobody measures it from within.
          put(node.id, "mesh_requests_per_second", "1/s", perSecond, 0.03);
          put(node.id, "mesh_error_ratio", undefined, ratio(fails, requests), 0.0001);
          put(node.id, "mesh_request_duration_p95", "ms", down ? GIVEN_UP_MS : p95, 0.08);
          break;
        case "host":
          put(node.id, "node_cpu_utilization", undefined, 0.35 + cpuElsewhere(node.id), 0.1);
          put(node.id, "node_disk_used_ratio", undefined, disk(node.id), 0.002);
          break;
      }
    }
    slices += 1;
  }
  return { slice, columns: () => [...columns.values()] };
}
