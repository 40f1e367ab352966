import type { Rng } from "../fleet/rng";
import type { Saying } from "./logs";
import type { Conditions } from "./simulate";
import type { Truth } from "@/lib/core/scoring/truth";
import { RIDES, SHOP, type System } from "./system";

/** A change as a bundle has it; minutes before the alert. */
interface Told {
  before: number;
  node: string;
  kind: string;
  summary: string;
}

/** What happens, told to the simulator. `minute` counts from the fault's begin; below zero all is well. */
export interface Plot {
  id: string;
  title: string;
  system: System;
  seed: number;
  /** Hour of day at which it is alerted, and how long a look back the bundle gives. */
  hour: number;
  windowMin: number;
  stepS: number;
  /** Minutes from the fault's begin to the alert. */
  lateMin: number;
  /** It fires above `above`, in the metric's own unit. */
  alert: {
    name: string;
    node: string;
    severity: string;
    metric: string;
    direction: "up" | "down";
    above: number;
    summary: string;
  };
  conditions: (minute: number) => Conditions;
  sayings?: (minute: number) => Saying[];
  changes: Told[];
  /** Beside the point: something that uses a CPU for a while, a full disk. Minutes before the alert. */
  noise: { cpu: { node: string; from: number; to: number; share: number }; disk: string };
  /** Nodes of which nothing is recorded: never, or not while it lasts; their lines may still be. */
  unseen?: { nodes: string[]; always: boolean; logs: boolean };
  answer: Answer;
  /** What follows operations once they are carried out. Any other operation changes nothing. */
  remedies: Remedy[];
}

/** Ground truth. `truth` is left to be derived where one cause is right and the operations that work are. */
export interface Answer {
  class: string;
  node: string;
  kinds: string[];
  why: string;
  truth?: Partial<Omit<Truth, "onsetAt">>;
}

export interface Remedy {
  operation: string;
  service: string;
  /** It follows this only where that operation has been carried out before. */
  given?: { operation: string; service: string };
  works: boolean;
  /** `seconds` since the operation. */
  conditions: (seconds: number) => Conditions;
}

/** An operation that works takes this long to, in seconds: the new version starts, queues run empty. */
export const TAKES_S = 6;
export const cures = (operation: string, service: string, ill: Conditions): Remedy => ({
  operation,
  service,
  works: true,
  conditions: (s) => (s < TAKES_S ? ill : {}),
});
/** A restart of what is not the cause: nobody answers for a moment, and then all is as it was. */
export const restartsInVain = (service: string, ill: Conditions): Remedy => ({
  operation: "restart",
  service,
  works: false,
  conditions: (s) => (s < TAKES_S ? { ...ill, [service]: { ...ill[service], down: "refuses" } } : ill),
});

const n = (rng: Rng, from: number, to: number) => Math.round(from + rng.next() * (to - from));
const ERRORS = {
  name: "HighErrorRate",
  severity: "critical",
  metric: "http_error_ratio",
  direction: "up",
  above: 0.05,
} as const;
const SLOW = {
  name: "HighLatency",
  severity: "warning",
  metric: "http_request_duration_p95",
  direction: "up",
} as const;

/** Where the faults stand when their alerts fire. */
const N_PLUS_ONE: Conditions = { catalog: { calls: { "catalog-db": { times: 2.4 } }, work: 3.5 } };
const POOL_DRAINED: Conditions = { orders: { calls: { "orders-db": { leaked: 19.95 } } } };
const NO_SLOTS: Conditions = { "ledger-db": { connections: 92, fails: 0.4, work: 1.2 } };
const LEAKED: Conditions = { recommender: { memoryMb: 2_100, work: 5, cpu: 0.5 } };
const FILLED: Conditions = { notifications: { memoryMb: 634, work: 16, cpu: 0.37 } };
const UNCACHED: Conditions = { fares: { calls: { geo: { times: 8 } }, work: 3 } };

export const PLOTS: Plot[] = [
  {
    id: "bad-deploy-01", title: "Orders fail at the checkout", system: SHOP, seed: 11, hour: 14, windowMin: 75, stepS: 60, lateMin: 9,
    alert: { ...ERRORS, node: "checkout", summary: "checkout fails more than 5 % of its requests" },
    conditions: (m) => (m < 0 ? {} : { checkout: { fails: 0.24 } }),
    sayings: (m) => m < 0 ? [] : [{ node: "checkout", perMinute: 3, line: (r) => `ERROR TypeError: Cannot read properties of undefined (reading 'minorUnits') at applyVoucher (/srv/dist/voucher.js:88:21) order=${n(r, 40_000, 60_000)}` }],
    changes: [
      { before: 10.5, node: "checkout", kind: "deploy", summary: "checkout 3.7.2 -> 3.8.0: vouchers in several currencies" },
      { before: 4, node: "search", kind: "deploy", summary: "search 2.14.0 -> 2.14.1: bump dependencies" },
      { before: 33, node: "recommender", kind: "config", summary: "recommender: exploration 0.05 -> 0.08" },
      { before: 51, node: "storefront", kind: "scale", summary: "storefront replicas 6 -> 8 (autoscaler)" },
    ],
    noise: { cpu: { node: "recommender", from: 30, to: 12, share: 0.3 }, disk: "node-pool-a" },
    answer: { class: "bad deploy", node: "checkout", kinds: ["deploy_regression"], why: "checkout 3.8.0 fails orders with a voucher" },
    remedies: [
      cures("roll-back", "checkout", { checkout: { fails: 0.24 } }),
      restartsInVain("checkout", { checkout: { fails: 0.24 } }),
    ],
  },
  {
    id: "bad-deploy-02", title: "Pages are slow", system: SHOP, seed: 12, hour: 11, windowMin: 80, stepS: 60, lateMin: 14,
    alert: { ...SLOW, above: 430, node: "edge-gateway", summary: "p95 of edge-gateway is far above its usual" },
    // A query for each item instead of one for the page.
    conditions: (m) => (m < 0 ? {} : N_PLUS_ONE),
    sayings: (m) => m < 0 ? [] : [{ node: "catalog-db", perMinute: 0.8, line: (r) => `LOG: duration: ${n(r, 1_000, 2_400)}.${n(r, 100, 999)} ms statement: SELECT * FROM variants WHERE product_id = $1` }],
    changes: [
      { before: 15, node: "catalog", kind: "deploy", summary: "catalog 5.1.9 -> 5.2.0: variants on the product page" },
      { before: 5, node: "payments", kind: "deploy", summary: "payments 1.30.2 -> 1.30.3: log format" },
      { before: 62, node: "cart", kind: "deploy", summary: "cart 2.2.0 -> 2.3.0: gift notes" },
      { before: 20, node: "node-pool-a", kind: "scale", summary: "node pool a: 12 -> 13 nodes" },
    ],
    noise: { cpu: { node: "inventory-db", from: 25, to: 3, share: 0.35 }, disk: "node-pool-a" },
    answer: { class: "bad deploy", node: "catalog", kinds: ["deploy_regression"], why: "catalog 5.2.0 asks its database once for each variant" },
    remedies: [
      cures("roll-back", "catalog", N_PLUS_ONE),
      restartsInVain("catalog", N_PLUS_ONE),
    ],
  },
  {
    id: "db-pool-01", title: "Orders get stuck", system: SHOP, seed: 13, hour: 19, windowMin: 90, stepS: 60, lateMin: 22,
    alert: { ...ERRORS, node: "checkout", summary: "checkout fails more than 5 % of its requests" },
    // Connections that are not given back after a payment was declined: a few a minute.
    conditions: (m) => (m < 0 ? {} : { orders: { calls: { "orders-db": { leaked: Math.min(19.95, m * 1.25) } } } }),
    sayings: (m) => m < 12 ? [] : [{ node: "orders", perMinute: 0.4, line: (r) => `WARN connection checked out for ${n(r, 300, 1_100)} s without being released (declineHandler)` }],
    changes: [
      { before: 26, node: "storefront", kind: "deploy", summary: "storefront 9.4.0 -> 9.4.1: spring banner" },
      { before: 12, node: "cart", kind: "config", summary: "cart: item limit 60 -> 80" },
      { before: 300, node: "orders", kind: "deploy", summary: "orders 4.4.1 -> 4.4.2: address formatting" },
    ],
    noise: { cpu: { node: "search", from: 40, to: 15, share: 0.35 }, disk: "node-pool-a" },
    answer: { class: "database pool exhaustion", node: "orders", kinds: ["resource_exhaustion"], why: "orders leaks connections of its pool to orders-db" },
    remedies: [
      cures("restart", "orders", POOL_DRAINED),
      cures("close-idle-connections", "orders-db", POOL_DRAINED),
      restartsInVain("checkout", POOL_DRAINED),
    ],
  },
  {
    id: "db-pool-02", title: "Invoices fail", system: RIDES, seed: 14, hour: 9, windowMin: 70, stepS: 60, lateMin: 11,
    alert: { ...ERRORS, node: "billing", summary: "billing fails more than 5 % of its requests" },
    // Somebody opens a session for each row and keeps it: the database has no slot left for others.
    conditions: (m) => (m < 0 ? {} : { "ledger-db": { connections: Math.min(92, 20 + m * 30), fails: m < 2 ? 0 : 0.4, work: 1.2 } }),
    sayings: (m) => m < 1 ? [] : [
      { node: "ledger-db", perMinute: 2, line: () => "FATAL: remaining connection slots are reserved for non-replication superuser connections" },
      { node: "billing", perMinute: 1, line: (r) => `ERROR could not connect to ledger-db: FATAL: sorry, too many clients already attempt=${n(r, 1, 3)}` },
    ],
    changes: [
      { before: 6, node: "trips", kind: "deploy", summary: "trips 8.0.3 -> 8.0.4: typo in a message" },
      { before: 41, node: "accounts", kind: "config", summary: "accounts: session length 30 d -> 14 d" },
      { before: 180, node: "billing", kind: "deploy", summary: "billing 2.9.0 -> 2.9.1: invoice footer" },
    ],
    noise: { cpu: { node: "geo", from: 20, to: 2, share: 0.3 }, disk: "worker-3" },
    answer: { class: "database pool exhaustion", node: "ledger-db", kinds: ["resource_exhaustion"], why: "ledger-db has no connection left to give" },
    remedies: [
      cures("close-idle-connections", "ledger-db", NO_SLOTS),
      restartsInVain("billing", NO_SLOTS),
    ],
  },
  {
    id: "downstream-01", title: "Payments time out", system: SHOP, seed: 15, hour: 20, windowMin: 60, stepS: 60, lateMin: 6,
    alert: { ...ERRORS, node: "checkout", summary: "checkout fails more than 5 % of its requests" },
    conditions: (m) => (m < 0 ? {} : { "card-gateway": { down: "hangs" } }),
    changes: [
      { before: 35, node: "payments", kind: "deploy", summary: "payments 1.30.3 -> 1.31.0: receipts by mail" },
      { before: 3, node: "catalog", kind: "deploy", summary: "catalog 5.2.1 -> 5.2.2: image sizes" },
      { before: 48, node: "node-pool-a", kind: "config", summary: "node pool a: kernel 6.1.90 -> 6.1.94" },
    ],
    noise: { cpu: { node: "search-index", from: 28, to: 4, share: 0.3 }, disk: "node-pool-a" },
    answer: { class: "downstream outage", node: "card-gateway", kinds: ["dependency_failure", "silent", "failing", "slow", "crash"], why: "card-gateway, which belongs to somebody else, accepts and never answers" },
    remedies: [
      cures("switch-to-standby", "card-gateway", { "card-gateway": { down: "hangs" } }),
      restartsInVain("payments", { "card-gateway": { down: "hangs" } }),
    ],
  },
  {
    id: "downstream-02", title: "No rides are found", system: RIDES, seed: 16, hour: 17, windowMin: 65, stepS: 60, lateMin: 7,
    alert: { ...ERRORS, node: "mobile-api", summary: "mobile-api fails more than 5 % of its requests" },
    conditions: (m) => (m < 0 ? {} : { geo: { down: "refuses" } }),
    sayings: (m) => (m < 0 || m > 1 ? [] : [{ node: "geo", perMinute: 2, line: () => "FATAL tile index checksum mismatch in segment 41, giving up" }]),
    changes: [
      { before: 12, node: "trips", kind: "deploy", summary: "trips 8.0.4 -> 8.1.0: shared rides" },
      { before: 2, node: "billing", kind: "config", summary: "billing: invoice batch 200 -> 250" },
      { before: 57, node: "dispatch", kind: "scale", summary: "dispatch replicas 4 -> 5 (autoscaler)" },
    ],
    noise: { cpu: { node: "accounts-db", from: 26, to: 5, share: 0.3 }, disk: "worker-3" },
    answer: { class: "downstream outage", node: "geo", kinds: ["dependency_failure", "silent", "crash", "failing"], why: "geo has ended and does not come back" },
    remedies: [
      cures("switch-to-standby", "geo", { geo: { down: "refuses" } }),
      restartsInVain("geo", { geo: { down: "refuses" } }),
    ],
  },
  {
    id: "memory-leak-01", title: "Suggestions come late", system: SHOP, seed: 17, hour: 15, windowMin: 240, stepS: 120, lateMin: 170,
    alert: { ...SLOW, above: 900, node: "storefront", summary: "p95 of storefront is above its objective" },
    // The heap fills; the collector works more and more for less.
    conditions: (m) => m < 0 ? {} : { recommender: { memoryMb: Math.min(2_100, m * 12.5), work: 1 + Math.max(0, (m - 60) / 110) ** 2 * 4, cpu: Math.min(0.5, (m / 170) ** 2 * 0.5) } },
    sayings: (m) => m < 80 ? [] : [{ node: "recommender", perMinute: 0.35, line: (r) => `WARN gc pause ${n(r, 300, 1_700)} ms heap ${n(r, 3_300, 3_950)} MB of 4096 MB` }],
    changes: [
      { before: 176, node: "recommender", kind: "deploy", summary: "recommender 4.0.7 -> 4.1.0: keeps session vectors" },
      { before: 18, node: "storefront", kind: "deploy", summary: "storefront 9.5.0 -> 9.5.1: footer links" },
      { before: 40, node: "pricing", kind: "config", summary: "pricing: rounding half-even" },
    ],
    noise: { cpu: { node: "catalog-db", from: 60, to: 10, share: 0.3 }, disk: "node-pool-a" },
    answer: { class: "memory leak", node: "recommender", kinds: ["memory_leak", "resource_exhaustion"], why: "recommender 4.1.0 keeps session vectors for ever" },
    remedies: [
      cures("restart", "recommender", LEAKED),
      cures("roll-back", "recommender", LEAKED),
      restartsInVain("storefront", LEAKED),
    ],
  },
  {
    id: "memory-leak-02", title: "Push messages come late", system: RIDES, seed: 18, hour: 13, windowMin: 210, stepS: 120, lateMin: 144,
    alert: { ...SLOW, above: 500, node: "notifications", summary: "p95 of notifications is above its objective" },
    // Its memory fills, and the collector works more and more for less.
    conditions: (m) => m < 0 ? {} : { notifications: { memoryMb: m * 4.4, work: 1 + Math.max(0, (m - 75) / 75) ** 2 * 18, cpu: (m / 150) ** 2 * 0.4 } },
    sayings: (m) => m < 112 ? [] : [{ node: "notifications", perMinute: 0.5, line: (r) => `WARN heap usage ${n(r, 88, 99)} % after full collection` }],
    changes: [
      { before: 25, node: "fares", kind: "deploy", summary: "fares 3.3.0 -> 3.3.1: airport fees" },
      { before: 9, node: "drivers", kind: "config", summary: "drivers: position interval 4 s -> 5 s" },
    ],
    noise: { cpu: { node: "trips-db", from: 50, to: 8, share: 0.3 }, disk: "worker-3" },
    answer: { class: "memory leak", node: "notifications", kinds: ["memory_leak", "resource_exhaustion", "crash"], why: "notifications keeps every message that it could not deliver at once" },
    remedies: [
      cures("restart", "notifications", FILLED),
      restartsInVain("push-provider", FILLED),
    ],
  },
  {
    id: "config-01", title: "Search finds nothing", system: SHOP, seed: 19, hour: 10, windowMin: 70, stepS: 60, lateMin: 8,
    alert: { ...ERRORS, node: "storefront", summary: "storefront fails more than 5 % of its requests" },
    conditions: (m) => (m < 0 ? {} : { search: { calls: { "search-index": { timeoutMs: 40 } } } }),
    changes: [
      { before: 9, node: "search", kind: "config", summary: "search: index.timeout_ms 2000 -> 40" },
      { before: 3, node: "checkout", kind: "deploy", summary: "checkout 3.8.2 -> 3.8.3: copy changes" },
      { before: 22, node: "inventory", kind: "deploy", summary: "inventory 6.0.0 -> 6.0.1: stock labels" },
    ],
    noise: { cpu: { node: "orders-db", from: 24, to: 6, share: 0.35 }, disk: "node-pool-a" },
    answer: { class: "config regression", node: "search", kinds: ["config_regression"], why: "search gives its index 40 ms, as long as an ordinary answer takes" },
    remedies: [
      cures("restore-config", "search", { search: { calls: { "search-index": { timeoutMs: 40 } } } }),
      restartsInVain("search", { search: { calls: { "search-index": { timeoutMs: 40 } } } }),
    ],
  },
  {
    id: "config-02", title: "Trips are slow", system: RIDES, seed: 20, hour: 18, windowMin: 85, stepS: 60, lateMin: 16,
    alert: { ...SLOW, above: 120, node: "trips", summary: "p95 of trips is far above its usual" },
    // No cache any more: each fare asks for its distances anew.
    conditions: (m) => (m < 0 ? {} : UNCACHED),
    changes: [
      { before: 17, node: "fares", kind: "config", summary: "fares: distance_cache_ttl_s 300 -> 0" },
      { before: 6, node: "geo", kind: "deploy", summary: "geo 11.2.0 -> 11.2.1: attribution text" },
      { before: 44, node: "accounts", kind: "deploy", summary: "accounts 7.7.0 -> 7.7.1: e-mail check" },
      { before: 70, node: "worker-3", kind: "config", summary: "worker-3: container runtime 1.7.18 -> 1.7.20" },
    ],
    noise: { cpu: { node: "accounts-db", from: 33, to: 9, share: 0.3 }, disk: "worker-3" },
    answer: { class: "config regression", node: "fares", kinds: ["config_regression"], why: "fares keeps no distances any more and asks geo for each" },
    remedies: [
      cures("restore-config", "fares", UNCACHED),
      restartsInVain("geo", UNCACHED),
    ],
  },
]; // prettier-ignore
