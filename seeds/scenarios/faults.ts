import type { Rng } from "../fleet/rng";
import type { Saying } from "./logs";
import type { Condition, Conditions } from "./simulate";
import { type NodeSpec, type System } from "./system";

/** One thing that goes wrong at one node: how the system is under it, what is said of it, and what takes it back. */
export interface Fault {
  node: string;
  /** Kinds of cause that are right, and those that are not wrong. */
  kinds: string[];
  alsoFits: string[];
  why: string;
  /** `minute` since it began; below zero all is well. */
  conditions: (minute: number) => Conditions;
  sayings: (minute: number) => Saying[];
  /** The change behind it, if one is: so many minutes before it began. */
  change: { node: string; kind: string; summary: string; before: number } | null;
  /** Operations that end it. */
  cures: { operation: string; service: string }[];
  /** Minutes until it shows in full. */
  slow: number;
}

const between = (rng: Rng, from: number, to: number) => from + rng.next() * (to - from);
const n = (rng: Rng, from: number, to: number) => Math.round(between(rng, from, to));
const on = (node: string, condition: Condition) => (minute: number): Conditions => (minute < 0 ? {} : { [node]: condition }); // prettier-ignore
const after = (minute: number, from: number, list: Saying[]): Saying[] => (minute < from ? [] : list);

const TOPICS = ["currency rounding", "retry budget", "bulk export", "new address form", "audit trail", "partial updates", "locale fallback", "group discounts", "batch size", "lazy loading", "consent banner", "late fees"]; // prettier-ignore
const ERRORS = ["TypeError: Cannot read properties of undefined (reading '{f}')", "NullPointerException: Cannot invoke \"{f}.value()\" because it is null", "KeyError: '{f}'", "panic: index out of range [3] with length 3 in {f}", "ValueError: {f} is not a valid date"]; // prettier-ignore
const FIELDS = ["unitPrice", "validUntil", "region", "shardKey", "ownerRef", "quota", "segment", "tierCode"];
const version = (rng: Rng) => [n(rng, 1, 9), n(rng, 0, 19), n(rng, 0, 9)] as const;

/** A release: its version before and after, and what it is said to bring. Nothing in it tells whether it is to blame. */
export function release(rng: Rng, node: string): { node: string; kind: string; summary: string } {
  const [major, minor, patch] = version(rng);
  return { node, kind: "deploy", summary: `${node} ${major}.${minor}.${patch} -> ${major}.${minor + 1}.0: ${rng.pick(TOPICS)}` }; // prettier-ignore
}

const SETTINGS = [
  ["log.sample_rate", "0.1", "0.2"],
  ["feature.compact_list", "off", "on"],
  ["session.ttl_min", "30", "45"],
  ["page.size", "50", "60"],
  ["queue.prefetch", "20", "25"],
] as const;

/** An ordinary change of configuration. */
export function setting(rng: Rng, node: string): { node: string; kind: string; summary: string } {
  const [name, from, to] = rng.pick(SETTINGS);
  return { node, kind: "config", summary: `${node}: ${name} ${from} -> ${to}` };
}

const callOf = (node: NodeSpec, kinds: readonly NodeSpec["kind"][], system: System) =>
  (node.calls ?? []).filter(({ to }) => kinds.includes(system.nodes.find(({ id }) => id === to)!.kind));

/** Services that a request passes on its way, by whether they can have a fault. */
export const services = (system: System): NodeSpec[] =>
  system.nodes.filter(({ kind, id }) => kind === "service" && !system.entry.some(({ node }) => node === id));

type Draw = (system: System, rng: Rng, at: NodeSpec) => Fault | null;

/** A release that throws for a part of the requests. */
const throwing: Draw = (_, rng, { id }) => {
  const share = between(rng, 0.2, 0.5);
  const [error, field] = [rng.pick(ERRORS), rng.pick(FIELDS)];
  return {
    node: id,
    kinds: ["deploy_regression"],
    alsoFits: [],
    why: `the release of ${id} throws for a part of its requests`,
    conditions: on(id, { fails: share }),
    sayings: (m) => after(m, 0, [{ node: id, perMinute: 3, line: (r) => `ERROR ${error.replaceAll("{f}", field)} at handler.${n(r, 40, 44)} request=${n(r, 1e5, 9e5)}` }]), // prettier-ignore
    change: { ...release(rng, id), before: between(rng, 0.5, 2) },
    cures: [{ operation: "roll-back", service: id }],
    slow: 0,
  };
};

/** A release that asks its database many times for what it asked once. */
const askingOften: Draw = (system, rng, at) => {
  const call = callOf(at, ["database"], system)[0];
  if (!call) return null;
  const times = between(rng, 4, 7);
  return {
    node: at.id,
    kinds: ["deploy_regression"],
    alsoFits: ["slow"],
    why: `the release of ${at.id} asks ${call.to} once for each item`,
    conditions: on(at.id, { calls: { [call.to]: { times } }, work: between(rng, 1.5, 2) }),
    sayings: (m) => after(m, 0, [{ node: call.to, perMinute: 0.8, line: (r) => `LOG: duration: ${n(r, 900, 2_400)}.${n(r, 100, 999)} ms statement: SELECT * FROM items WHERE parent_id = $1` }]), // prettier-ignore
    change: { ...release(rng, at.id), before: between(rng, 0.5, 2) },
    cures: [{ operation: "roll-back", service: at.id }],
    slow: 0,
  };
};

/** Connections that are not given back. */
const leakingPool: Draw = (system, rng, at) => {
  const call = callOf(at, ["database"], system).find(({ pool }) => pool);
  if (!call?.pool) return null;
  const pool = call.pool;
  const minutes = between(rng, 10, 18);
  return {
    node: at.id,
    kinds: ["resource_exhaustion"],
    alsoFits: [],
    why: `${at.id} does not give back connections of its pool to ${call.to}`,
    conditions: (m) => (m < 0 ? {} : { [at.id]: { calls: { [call.to]: { leaked: Math.min(pool - 0.05, (m / minutes) * pool) } } } }), // prettier-ignore
    sayings: (m) => after(m, minutes / 2, [{ node: at.id, perMinute: 0.5, line: (r) => `WARN connection held for ${n(r, 200, 900)} s without being released` }]), // prettier-ignore
    change: null,
    cures: [
      { operation: "restart", service: at.id },
      { operation: "close-idle-connections", service: call.to },
    ],
    slow: minutes,
  };
};

/** A database with no connection left to give. */
const noSlots: Draw = (system, rng, at) => {
  const call = callOf(at, ["database"], system)[0];
  if (!call) return null;
  const fails = between(rng, 0.35, 0.6);
  const most = n(rng, 90, 190);
  return {
    node: call.to,
    kinds: ["resource_exhaustion"],
    alsoFits: ["overload"],
    why: `${call.to} has no connection left to give`,
    conditions: (m) => (m < 0 ? {} : { [call.to]: { connections: Math.min(most, 15 + (m * most) / 3), fails: m < 2 ? 0 : fails, work: 1.2 } }), // prettier-ignore
    sayings: (m) => after(m, 1, [
      { node: call.to, perMinute: 2, line: () => "FATAL: sorry, too many clients already" },
      { node: at.id, perMinute: 1, line: (r) => `ERROR could not connect to ${call.to}: too many connections attempt=${n(r, 1, 3)}` },
    ]), // prettier-ignore
    change: null,
    cures: [
      { operation: "close-idle-connections", service: call.to },
      { operation: "restart", service: call.to },
    ],
    slow: 2,
  };
};

/** Something that is called and does not answer: it belongs to somebody else, or it has ended. */
const unanswered: Draw = (system, rng, at) => {
  const call = callOf(at, ["external"], system)[0] ?? callOf(at, ["cache", "database"], system)[0];
  if (!call) return null;
  const outside = system.nodes.find(({ id }) => id === call.to)!.kind === "external";
  const down = outside || rng.chance(0.5) ? ("hangs" as const) : ("refuses" as const);
  return {
    node: call.to,
    kinds: ["dependency_failure", "silent", "failing", "slow", "crash"],
    alsoFits: ["overload", "resource_exhaustion"],
    why: `${call.to} ${down === "hangs" ? "takes requests and never answers" : "has ended and does not come back"}`,
    conditions: on(call.to, { down }),
    sayings: () => [],
    change: null,
    cures: [{ operation: "switch-to-standby", service: call.to }],
    slow: 0,
  };
};

/** Memory that fills over hours, until the collector does little else. */
const leakingMemory: Draw = (_, rng, { id, memoryMb }) => {
  const minutes = between(rng, 130, 190);
  const limit = Math.round(memoryMb * between(rng, 2.2, 3));
  const change = rng.chance(0.6) ? { ...release(rng, id), before: between(rng, 1, 9) } : null;
  return {
    node: id,
    kinds: ["memory_leak"],
    alsoFits: ["resource_exhaustion"],
    why: `${id} keeps what it should let go of`,
    conditions: (m) => m < 0 ? {} : { [id]: { memoryMb: Math.min(1, m / minutes) * (limit - memoryMb), work: 1 + Math.max(0, m / minutes - 0.4) ** 2 * 9, cpu: Math.min(0.5, (m / minutes) ** 2 * 0.45) } }, // prettier-ignore
    sayings: (m) => after(m, minutes * 0.55, [{ node: id, perMinute: 0.4, line: (r) => `WARN gc pause ${n(r, 250, 1_500)} ms heap ${n(r, Math.round(limit * 0.86), limit)} MB of ${limit} MB` }]), // prettier-ignore
    change,
    cures: [{ operation: "restart", service: id }, ...(change ? [{ operation: "roll-back", service: id }] : [])],
    slow: minutes,
  };
};

/** A setting that gives a callee less time than it takes. */
const shortTimeout: Draw = (system, rng, at) => {
  const call = rng.pick(at.calls ?? []);
  const callee = system.nodes.find(({ id }) => id === call.to)!;
  if (callee.kind === "cache") return null;
  const timeoutMs = Math.max(3, Math.round(callee.workMs * between(rng, 1.1, 1.5)));
  return {
    node: at.id,
    kinds: ["config_regression"],
    alsoFits: [],
    why: `${at.id} gives ${call.to} ${timeoutMs} ms, as long as an ordinary answer takes`,
    conditions: on(at.id, { calls: { [call.to]: { timeoutMs } } }),
    sayings: () => [],
    change: { node: at.id, kind: "config", summary: `${at.id}: ${call.to}.timeout_ms ${call.timeoutMs ?? 2_000} -> ${timeoutMs}`, before: between(rng, 0.5, 1.5) }, // prettier-ignore
    cures: [{ operation: "restore-config", service: at.id }],
    slow: 0,
  };
};

/** A setting that leaves fewer workers than the load needs. */
const fewWorkers: Draw = (_, rng, { id }) => {
  const from = n(rng, 16, 64);
  const share = between(rng, 0.2, 0.3);
  const to = Math.max(1, Math.round(from * share));
  return {
    node: id,
    kinds: ["config_regression"],
    alsoFits: ["resource_exhaustion", "overload", "slow"],
    why: `${id} has ${to} workers instead of ${from}`,
    conditions: on(id, { servers: to / from }),
    sayings: () => [],
    change: { node: id, kind: "config", summary: `${id}: worker.threads ${from} -> ${to}`, before: between(rng, 0.5, 1.5) }, // prettier-ignore
    cures: [{ operation: "restore-config", service: id }],
    slow: 0,
  };
};

/** A cache switched off: everything is asked anew. */
const uncached: Draw = (system, rng, at) => {
  const call = callOf(at, ["service", "database"], system)[0];
  if (!call) return null;
  const times = between(rng, 4, 8);
  return {
    node: at.id,
    kinds: ["config_regression"],
    alsoFits: [],
    why: `${at.id} keeps nothing any more and asks ${call.to} for each`,
    conditions: on(at.id, { calls: { [call.to]: { times } }, work: between(rng, 1.3, 2) }),
    sayings: () => [],
    change: { node: at.id, kind: "config", summary: `${at.id}: lookup_cache_ttl_s ${n(rng, 120, 900)} -> 0`, before: between(rng, 0.5, 1.5) }, // prettier-ignore
    cures: [{ operation: "restore-config", service: at.id }],
    slow: 0,
  };
};

/** Kinds of faults, each with the ways in which it may come about. */
export const FAULTS = {
  deploy: [throwing, askingOften],
  pool: [leakingPool, noSlots],
  outage: [unanswered],
  leak: [leakingMemory],
  config: [shortTimeout, fewWorkers, uncached],
  abrupt: [throwing, askingOften, noSlots, unanswered, shortTimeout, fewWorkers],
  unannounced: [noSlots, unanswered, leakingPool],
} as const satisfies Record<string, readonly Draw[]>;

/** A fault of a kind somewhere in a system, at a node that `fits`. Null when this draw has no place for it. */
export function drawFault(
  kind: keyof typeof FAULTS,
  system: System,
  rng: Rng,
  fits: (node: NodeSpec) => boolean = () => true,
): Fault | null {
  const at = services(system).filter(fits);
  return at.length === 0 ? null : rng.pick<Draw>(FAULTS[kind])(system, rng, rng.pick(at));
}

/** Several conditions at once; what two say of one node's calls holds together. */
export function together(...all: Conditions[]): Conditions {
  const sum: Conditions = {};
  for (const conditions of all)
    for (const [node, condition] of Object.entries(conditions)) {
      const calls = { ...sum[node]?.calls, ...condition?.calls };
      sum[node] = { ...sum[node], ...condition, ...(Object.keys(calls).length > 0 && { calls }) };
    }
  return sum;
}
