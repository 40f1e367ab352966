import type { TrueCause, TrueRemedy } from "@/lib/core/scoring/truth";
import { createRng, type Rng } from "../fleet/rng";
import { drawFault, type Fault, type FAULTS, release, services, setting, together } from "./faults";
import type { Saying } from "./logs";
import { type Plot, type Remedy, TAKES_S } from "./plots";
import { arriving, type Conditions, simulate, type Truth } from "./simulate";
import type { NodeSpec, System } from "./system";
import { drawSystem, STILL } from "./topology";

/** Of each class of incidents of services: how many cases of it a set holds. */
export const SERVICE_CLASSES = {
  "bad deploy": 2,
  "database pool exhaustion": 2,
  "downstream outage": 2,
  "memory leak": 2,
  "config regression": 2,
  "several causes": 5,
  "red-herring deploy": 5,
  "red-herring noise": 5,
  "missing telemetry": 5,
  "healthy false alarm": 5,
  "far cascade": 5,
  "slow leak": 5,
  "config drift": 5,
} as const;
export type ServiceClass = keyof typeof SERVICE_CLASSES;

const KIND_OF: Partial<Record<ServiceClass, keyof typeof FAULTS>> = {
  "bad deploy": "deploy",
  "database pool exhaustion": "pool",
  "downstream outage": "outage",
  "memory leak": "leak",
  "config regression": "config",
  "red-herring deploy": "unannounced",
  "red-herring noise": "abrupt",
  "missing telemetry": "abrupt",
  "far cascade": "abrupt",
};

/** A system or a fault that does not show at anybody's alert is drawn again, this often at most. */
const DRAWS = 400;
/** An alert on errors fires above this share; one on latency half way, in ratio, between usual and ill. */
const ERROR_LIMIT = 0.05;
/** How far errors and latency have to leave their usual values for an alert on them. */
const SHOWS = { errors: 0.09, latency: 2.2 };

const between = (rng: Rng, from: number, to: number) => from + rng.next() * (to - from);
const n = (rng: Rng, from: number, to: number) => Math.round(between(rng, from, to));

/**
 * A case of a class, drawn by seed: a system, what goes wrong in it, who alerts, what else happens meanwhile, and what is true.
 * The same seed gives the same case. `n` is its number within its class.
 */
export function drawPlot(of: ServiceClass, number: number, seed: number): Plot {
  const rng = createRng(seed).fork(`${of} ${number}`);
  const id = `${of.replaceAll(" ", "-")}-${String(number).padStart(2, "0")}`;
  for (let draw = 0; draw < DRAWS; draw++) {
    const chance = rng.fork(String(draw));
    const system = drawSystem(chance, n(chance, 0, 7));
    const plot = of === "healthy false alarm" ? healthy(id, system, chance) : ill(of, number, id, system, chance);
    if (plot) return { ...plot, seed: n(chance, 1, 2 ** 31 - 1) };
  }
  throw new Error(`${of} ${number}: nothing showed in ${DRAWS} draws of seed ${seed}`);
}

type Shown = { node: NodeSpec; errors: boolean; far: number; usual: Truth; seen: Truth };

function ill(of: ServiceClass, number: number, id: string, system: System, rng: Rng): Omit<Plot, "seed"> | null {
  const hour = n(rng, 7, 21);
  const faults = faultsOf(of, number, system, hour, rng);
  if (faults === null) return null;
  const [fault] = faults;
  const slow = Math.max(...faults.map((one) => one.slow));
  const lateMin = slow > 60 ? Math.round(slow * between(rng, 0.85, 0.97)) : Math.round(slow + between(rng, 4, 12));
  const conditions = (minute: number) => together(...faults.map((one) => one.conditions(minute)));
  const shown = showing(system, hour, conditions(lateMin));
  // Each of several causes has to be enough for the alert.
  const each = faults.map((one) => new Set(showing(system, hour, one.conditions(lateMin)).map(({ node }) => node.id)));
  const reaches = (node: NodeSpec) => faults.every((one) => Number.isFinite(callsBetween(system, node.id, one.node)));
  const alerted = shown.filter(({ node, far }) => reaches(node) && each.every((ids) => ids.has(node.id)) && (of !== "far cascade" || far >= 3)); // prettier-ignore
  if (alerted.length === 0) return null;
  const at = of === "far cascade" ? alerted.toSorted((a, b) => b.far - a.far)[0]! : rng.pick(alerted);
  const others = services(system).filter(({ id: other }) => faults.every(({ node }) => node !== other));
  const bystander = rng.pick(others);
  const herring = of === "red-herring deploy" ? herringFor(system, fault, at, others, rng) : null;
  if (of === "red-herring deploy" && herring === null) return null;
  const loud = of === "red-herring noise" ? noisy(bystander, lateMin, rng) : null;
  return {
    id,
    title: at.errors ? `${at.node.id} fails requests` : `${at.node.id} is slow`,
    system,
    hour,
    stepS: slow > 60 ? 120 : 60,
    windowMin: lateMin + (slow > 60 ? 60 : 50),
    lateMin,
    alert: alertOn(at),
    conditions,
    sayings: (minute) => [...faults.flatMap((one) => one.sayings(minute)), ...(loud?.sayings(minute) ?? [])],
    changes: [
      ...faults.flatMap(({ change }) => (change ? [{ ...change, before: lateMin + change.before }] : [])),
      ...(herring ? [{ ...herring, before: lateMin + between(rng, 1, 5) }] : []),
      ...decoys(others, lateMin, rng),
    ],
    noise: {
      cpu: { node: loud ? bystander.id : rng.pick(others).id, from: lateMin + n(rng, 8, 25), to: n(rng, 0, lateMin), share: between(rng, 0.25, 0.4) }, // prettier-ignore
      disk: system.nodes.at(-1)!.id,
    },
    ...(of === "missing telemetry" && {
      unseen: { nodes: [fault.node, ...(number % 2 === 0 ? [bystander.id] : [])], always: number % 2 === 1, logs: number < 3 }, // prettier-ignore
    }),
    answer: {
      class: of,
      node: fault.node,
      kinds: fault.kinds,
      why: faults.map(({ why }) => why).join("; "),
      truth: truthOf(of, system, faults, [...(herring ? [{ node: herring.node, kinds: ["deploy_regression"] }] : []), ...(loud ? [{ node: bystander.id, kinds: [] }] : [])]), // prettier-ignore
    },
    remedies: remediesOf(faults, lateMin, [at.node.id, ...(herring ? [herring.node] : [])]),
  };
}

function faultsOf(
  of: ServiceClass,
  number: number,
  system: System,
  hour: number,
  rng: Rng,
): [Fault, ...Fault[]] | null {
  const faults =
    of === "several causes"
      ? [drawFault("deploy", system, rng), drawFault("abrupt", system, rng)]
      : of === "slow leak"
        ? [drawFault("leak", system, rng)]
        : of === "config drift"
          ? [drift(system, hour, rng, number)]
          : [drawFault(KIND_OF[of]!, system, rng, of === "far cascade" ? (node) => depthOf(system, node.id) >= 3 : undefined)]; // prettier-ignore
  if (faults.some((one) => one === null) || new Set(faults.map((one) => one!.node)).size < faults.length) return null;
  return faults as [Fault, ...Fault[]];
}

/** A setting changed an hour or more ago, harmless until the load of the hour came. */
function drift(system: System, hour: number, rng: Rng, number: number): Fault | null {
  const node = rng.pick(services(system));
  const servers = between(rng, 0.5, 0.62);
  const load = between(rng, 1.35, 1.7);
  const from = n(rng, 20, 80);
  const to = Math.max(1, Math.round(from * servers));
  const entry = system.entry[0]!.node;
  const hours = between(rng, 1, 2 + number / 2);
  // The load of the hour is no trouble by itself, or the setting would not be its cause.
  if (showing(system, hour, { [entry]: { load } }).length > 0) return null;
  return {
    node: node.id,
    kinds: ["config_regression"],
    alsoFits: ["overload", "resource_exhaustion", "slow"],
    why: `${node.id} runs with ${to} workers instead of ${from}, which the load of this hour is too much for`,
    conditions: (m) => (m < -60 * hours ? {} : together({ [node.id]: { servers: to / from } }, m < 0 ? {} : { [entry]: { load: Math.min(load, 1 + m / 6) } })), // prettier-ignore
    sayings: () => [],
    change: {
      node: node.id,
      kind: "config",
      summary: `${node.id}: worker.threads ${from} -> ${to}`,
      before: 60 * hours,
    },
    cures: [{ operation: "restore-config", service: node.id }],
    slow: 5,
  };
}

/** Nothing is wrong: a limit that ordinary values cross, at the day's peak or by chance, among changes that did nothing. */
function healthy(id: string, system: System, rng: Rng): Omit<Plot, "seed"> {
  const hour = n(rng, 8, 21);
  const node = rng.pick(services(system));
  const usual = simulate(system, arriving(system, hour * 3_600, 1, STILL), {}).get(node.id)!;
  const others = services(system).filter(({ id: other }) => other !== node.id);
  return {
    id,
    title: `${node.id} is slow`,
    system,
    hour,
    stepS: 60,
    windowMin: 60,
    lateMin: 0,
    alert: {
      name: "HighLatency",
      severity: "warning",
      node: node.id,
      metric: "http_request_duration_p95",
      direction: "up",
      above: Number((usual.p95 * 0.97).toPrecision(3)),
      summary: `p95 of ${node.id} is above its limit`,
    },
    conditions: () => ({}),
    changes: decoys([node, ...others], 0, rng),
    noise: { cpu: { node: rng.pick(others).id, from: n(rng, 20, 45), to: n(rng, 2, 15), share: between(rng, 0.2, 0.35) }, disk: system.nodes.at(-1)!.id }, // prettier-ignore
    answer: {
      class: "healthy false alarm",
      node: node.id,
      kinds: [],
      why: `nothing is wrong: the limit of ${node.id} lies within its usual values`,
      truth: {
        healthy: true,
        severity: { from: 0, to: 7 },
        causes: { right: [{ node: null, kinds: ["no_fault"] }], acceptable: [{ node: null, kinds: ["unknown"] }], forbidden: [] },
        remedies: { right: [{ action: "none", target: "*" }], acceptable: [], forbidden: [{ action: "*", target: "*" }] },
        words: { required: [[node.id]], forbidden: ["fixed", "outage"] },
      },
    },
    remedies: [],
  }; // prettier-ignore
}

/** Services that an alert would fire on under these conditions, each with how many calls away from the entry's end it is. */
function showing(system: System, hour: number, conditions: Conditions): Shown[] {
  const load = arriving(system, hour * 3_600, 1, STILL);
  const [usual, seen] = [simulate(system, load, {}), simulate(system, load, conditions)];
  const hurt = Object.keys(conditions);
  return system.nodes
    .filter(({ kind }) => kind === "service")
    .flatMap((node): Shown[] => {
      const [was, is] = [usual.get(node.id)!, seen.get(node.id)!];
      if (is.down) return [];
      const errors = is.fails >= SHOWS.errors;
      if (!errors && is.p95 < was.p95 * SHOWS.latency) return [];
      return [{ node, errors, far: Math.min(...hurt.map((to) => callsBetween(system, node.id, to))), usual: was, seen: is }]; // prettier-ignore
    });
}

function callsBetween(system: System, from: string, to: string): number {
  const next = new Map(system.nodes.map(({ id, calls }) => [id, (calls ?? []).map((call) => call.to)]));
  let [level, calls] = [new Set([from]), 0];
  for (; level.size > 0 && !level.has(to); calls++) level = new Set([...level].flatMap((id) => next.get(id) ?? []));
  return level.size === 0 ? Infinity : calls;
}
const depthOf = (system: System, id: string) => callsBetween(system, system.entry[0]!.node, id);

const alertOn = ({ node, errors, usual, seen }: Shown): Plot["alert"] =>
  errors
    ? { name: "HighErrorRate", severity: "critical", node: node.id, metric: "http_error_ratio", direction: "up", above: ERROR_LIMIT, summary: `${node.id} fails more than 5 % of its requests` }
    : { name: "HighLatency", severity: "warning", node: node.id, metric: "http_request_duration_p95", direction: "up", above: Number(Math.sqrt(usual.p95 * seen.p95).toPrecision(3)), summary: `p95 of ${node.id} is above its objective` }; // prettier-ignore

/**
 * A release shortly before the trouble that has nothing to do with it, at somebody whom the trouble reaches: never at who has the trouble, where nothing
 * in the evidence could tell it from the cause, and what helps would be forbidden. Null where nobody else is reached.
 */
function herringFor(system: System, fault: Fault, at: Shown, others: NodeSpec[], rng: Rng) {
  const reached = others.filter(({ id }) => Number.isFinite(callsBetween(system, id, fault.node)));
  if (reached.length === 0 && at.node.id === fault.node) return null;
  const elsewhere = reached.length > 0 && rng.chance(0.7) ? rng.pick(reached) : at.node;
  return release(rng, (elsewhere.id === fault.node ? rng.pick(reached) : elsewhere).id);
}

/** Somebody who complains loudly of something else, since about the same time. */
function noisy({ id }: NodeSpec, lateMin: number, rng: Rng): { sayings: (minute: number) => Saying[] } {
  const since = between(rng, -6, Math.min(3, lateMin / 2));
  const line = rng.pick([
    (r: Rng) => `ERROR failed to send usage statistics: 503 from collector attempt=${n(r, 1, 5)}`,
    (r: Rng) => `ERROR could not refresh feature flags, keeping ${n(r, 40, 90)} cached values`,
    (r: Rng) => `WARN certificate of metrics endpoint expires in ${n(r, 2, 9)} days`,
    (r: Rng) => `ERROR report job ${n(r, 100, 999)} skipped: another one is running`,
  ]);
  return { sayings: (minute) => (minute < since ? [] : [{ node: id, perMinute: 3, line }]) };
}

/** Changes that did nothing. */
function decoys(nodes: readonly NodeSpec[], lateMin: number, rng: Rng): Plot["changes"] {
  return Array.from({ length: n(rng, 2, 4) }, () => {
    const node = rng.pick(nodes).id;
    return { ...(rng.chance(0.6) ? release(rng, node) : setting(rng, node)), before: between(rng, 2, lateMin + 45) };
  });
}

function truthOf(of: ServiceClass, system: System, faults: readonly Fault[], forbidden: TrueCause[]): Plot["answer"]["truth"] {
  const right = faults.map(({ node, kinds }) => ({ node, kinds }));
  const entry = system.entry[0]!.node;
  const cures = faults.flatMap((fault) => fault.cures.map(({ operation, service }) => ({ action: operation, target: service })));
  const acceptable: TrueCause[] = [
    ...faults.map(({ node, alsoFits, kinds }) => ({ node, kinds: [...kinds, ...alsoFits] })),
    ...(of === "missing telemetry" ? [{ node: faults[0]!.node, kinds: [] }, { node: null, kinds: ["unknown"] }] : []),
    ...(of === "config drift" ? [{ node: entry, kinds: ["overload"] }] : []),
  ];
  const other: TrueRemedy[] = [
    ...faults.map(({ node }) => ({ action: "restart", target: node })),
    ...(of === "missing telemetry" || of === "config drift" ? [{ action: "none", target: "*" }] : []),
  ];
  return {
    healthy: false,
    causes: { right, acceptable, forbidden },
    remedies: { right: cures, acceptable: other, forbidden: forbidden.map(({ node }) => ({ action: "*", target: node! })) },
    words: { required: [faults.map(({ node }) => node)], forbidden: ["fixed"] },
  };
} // prettier-ignore

/** What follows each operation that anybody might think of: cures end their own fault, and a restart in vain ends nothing. */
function remediesOf(faults: readonly Fault[], lateMin: number, inVain: readonly string[]): Remedy[] {
  const all = together(...faults.map((one) => one.conditions(lateMin)));
  const list: Remedy[] = [];
  for (const [i, fault] of faults.entries()) {
    const rest = together(...faults.filter((_, j) => j !== i).map((one) => one.conditions(lateMin)));
    for (const cure of fault.cures) {
      list.push({ ...cure, works: faults.length === 1, conditions: (s) => (s < TAKES_S ? all : rest) });
      for (const other of faults.filter((_, j) => j !== i))
        for (const given of other.cures)
          list.push({ ...cure, given, works: true, conditions: (s) => (s < TAKES_S ? fault.conditions(lateMin) : {}) });
    }
  }
  for (const service of new Set(inVain))
    if (!list.some((one) => one.operation === "restart" && one.service === service))
      list.push({ operation: "restart", service, works: false, conditions: (s) => (s < TAKES_S ? together(all, { [service]: { down: "refuses" } }) : all) }); // prettier-ignore
  return list;
}

/** The same incident, alerted so many minutes later. */
export const later = (plot: Plot, minutes: number): Plot => ({
  ...plot,
  lateMin: plot.lateMin + minutes,
  windowMin: plot.windowMin + minutes,
  changes: plot.changes.map((change) => ({ ...change, before: change.before + minutes })),
  noise: {
    ...plot.noise,
    cpu: { ...plot.noise.cpu, from: plot.noise.cpu.from + minutes, to: plot.noise.cpu.to + minutes },
  },
});
