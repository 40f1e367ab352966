import type { Rng } from "../fleet/rng";
import type { CallSpec, NodeSpec, System } from "./system";

/** How a node differs from itself in good health, at one moment. */
export interface Condition {
  /** Its own work takes so many times as long. */
  work?: number;
  /** So many times as many of it may work at once. */
  servers?: number;
  /** This share of its requests fails by its own doing. */
  fails?: number;
  /** Nobody answers: connections are refused, and nothing measures it either. `hangs`: requests are taken and never answered. */
  down?: "refuses" | "hangs";
  memoryMb?: number;
  /** Calls to this node, times so much; how long they may take; how many of its connections are not given back. */
  calls?: Record<string, { times?: number; timeoutMs?: number; leaked?: number }>;
  /** Connections that somebody outside the picture holds to it. */
  connections?: number;
  /** Share of a CPU that something else on it uses. */
  cpu?: number;
  /** So many times as many requests come from outside: of an entry. */
  load?: number;
}
export type Conditions = Record<string, Condition | undefined>;

/** One node in one slice of time, as it is, before anybody measures it. */
export interface Truth {
  node: NodeSpec;
  down: boolean;
  perSecond: number;
  fails: number;
  /** Median of the time to its answers, with what it calls. */
  ms: number;
  p95: number;
  busy: number;
  memoryMb: number;
  pools: { to: string; inUse: number; size: number; waitMs: number; refused: number }[];
  /** Connections that all callers have open. */
  connections: number;
  timeouts: Record<string, number>;
  unreachable: string[];
}

/** Spread of durations (log-sd): the 95th percentile is 2.3 times the median. */
const SPREAD = 0.5;
const P95 = Math.exp(1.645 * SPREAD);
/** A queue this long is as good as endless within one slice. */
const LONGEST_QUEUE = 25;
/** More calls of one request than this are made side by side. */
const MOST_IN_A_ROW = 12;
const ACQUIRE_MS = 2_000;
const REFUSED_MS = 2;
/** Where nothing else is said: a driver's usual patience. */
const PATIENCE_MS = 5_000;

/**
 * What a system does under a load and these conditions: requests flow down the calls, time and failures flow back up. Queues grow
 * as in M/M/1 (a node of several servers counts as one that is as many times as fast), connections in use follow Little's law.
 */
export function simulate(system: System, perSecond: Map<string, number>, conditions: Conditions): Map<string, Truth> {
  const order = callersFirst(system);
  const of = (id: string) => conditions[id] ?? {};
  const load = new Map([...perSecond].map(([id, rate]) => [id, rate * (of(id).load ?? 1)]));
  const timesOf = (node: NodeSpec, call: CallSpec) => (call.per ?? 1) * (of(node.id).calls?.[call.to]?.times ?? 1);
  for (const node of order)
    for (const call of node.calls ?? [])
      load.set(
        call.to,
        (load.get(call.to) ?? 0) + (of(node.id).down ? 0 : (load.get(node.id) ?? 0) * timesOf(node, call)),
      );

  const truths = new Map<string, Truth>();
  for (const node of order.toReversed()) {
    const condition = of(node.id);
    const rate = load.get(node.id) ?? 0;
    const work = node.workMs * (condition.work ?? 1);
    const busy = (rate * work) / 1000 / (node.servers * (condition.servers ?? 1));
    let ms = work * Math.min(LONGEST_QUEUE, 1 / (1 - Math.min(0.97, busy)));
    let p95 = ms * P95;
    let succeeds = (1 - (condition.fails ?? 0)) * Math.min(1, 1 / busy || 1);
    const truth: Truth = { node, down: condition.down !== undefined, perSecond: rate, fails: 0, ms: 0, p95: 0, busy, memoryMb: node.memoryMb + (condition.memoryMb ?? 0), pools: [], connections: condition.connections ?? 0, timeouts: {}, unreachable: [] }; // prettier-ignore
    for (const call of node.calls ?? []) {
      const callee = truths.get(call.to);
      if (!callee) continue;
      const change = condition.calls?.[call.to] ?? {};
      const times = timesOf(node, call);
      const timeout = change.timeoutMs ?? call.timeoutMs ?? PATIENCE_MS;
      const seen = asSeen(callee, of(call.to), timeout);
      if (of(call.to).down) truth.unreachable.push(call.to);
      if (seen.late > 0) truth.timeouts[call.to] = seen.late;
      const pool = call.pool ? poolOf(call, change.leaked ?? 0, rate * times, seen.ms) : null;
      if (pool) {
        truth.pools.push(pool);
        callee.connections += pool.inUse;
      }
      const fails = 1 - (1 - seen.fails) * (1 - (pool?.refused ?? 0));
      const made = Math.min(times, MOST_IN_A_ROW);
      // Who got no connection does not ask a second time.
      const waited = pool ? pool.waitMs * (pool.refused > 0 ? 1 : made) : 0;
      ms += made * seen.ms + waited;
      p95 += made * seen.p95 + waited * 1.4;
      // Several calls: each has to succeed; a rare call hurts rarely.
      if (!call.optional) succeeds *= times >= 1 ? (1 - fails) ** Math.min(times, 3) : 1 - times * fails;
    }
    truth.ms = ms;
    truth.p95 = p95;
    truth.fails = condition.down ? 1 : 1 - succeeds;
    truths.set(node.id, truth);
  }
  return truths;
}

/** How a callee looks to who calls it with this much patience. */
function asSeen(
  callee: Truth,
  condition: Condition,
  timeout: number,
): { ms: number; p95: number; fails: number; late: number } {
  if (condition.down === "refuses") return { ms: REFUSED_MS, p95: REFUSED_MS, fails: 1, late: 0 };
  if (condition.down === "hangs") return { ms: timeout, p95: timeout, fails: 1, late: 1 };
  const late = tail(Math.log(timeout / callee.ms) / SPREAD);
  return {
    ms: Math.min(callee.ms, timeout),
    p95: Math.min(callee.p95, timeout),
    fails: 1 - (1 - callee.fails) * (1 - late),
    late,
  };
}

function poolOf(call: CallSpec, leaked: number, perSecond: number, ms: number): Truth["pools"][number] {
  const size = call.pool ?? 0;
  const usable = Math.max(0.2, size - leaked);
  const wanted = (perSecond * ms) / 1000;
  const share = wanted / usable;
  const waitMs = share >= 1 ? ACQUIRE_MS : Math.min(ACQUIRE_MS, (ms * share ** 8) / (1 - share));
  return { to: call.to, size, inUse: Math.min(size, leaked + wanted), waitMs, refused: share > 1 ? 1 - 1 / share : 0 };
}

/** P(Z > z), by Zelen & Severo's approximation (Abramowitz & Stegun 26.2.17). */
function tail(z: number): number {
  if (z < 0) return 1 - tail(-z);
  const t = 1 / (1 + 0.2316419 * z);
  const poly = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const p = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * poly;
  return p < 1e-4 ? 0 : p;
}

/** Callers before callees. The systems have no cycles. */
function callersFirst(system: System): NodeSpec[] {
  const byId = new Map(system.nodes.map((n) => [n.id, n]));
  const done = new Set<NodeSpec>();
  const visit = (node: NodeSpec | undefined) => {
    if (!node || done.has(node)) return;
    for (const call of node.calls ?? []) visit(byId.get(call.to));
    done.add(node);
  };
  for (const node of system.nodes) visit(node);
  return [...done].toReversed();
}

/** What comes from outside at a time of day (seconds): a day's wave, and chance. */
export function arriving(system: System, secondOfDay: number, level: number, rng: Rng): Map<string, number> {
  const wave = 1 + 0.35 * Math.sin(((secondOfDay / 86_400) * 2 - 0.6) * Math.PI);
  return new Map(system.entry.map(({ node, perSecond }) => [node, perSecond * level * wave * rng.lognormal(0.05)]));
}
