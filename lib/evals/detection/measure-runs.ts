import { buildPrior, type TypePrior } from "@/lib/core/detection/detect";
import { type Alarm, Backtest, placed, runEnds } from "./backtest";
import type { Columns } from "./columns";
import { type Caught, load, vital } from "./measure-real";
import { holds } from "./measure-untouched";
import type { Row } from "./rows";
import { type Line, percent } from "./table";

/**
 * Runaway runs of agents. What is left out is a model (or campaign): it begins with what the other ones' runs have taught,
 * as a new agent does among its peers, and is judged at the setting that was best on the others.
 */
interface Fleet {
  columns: Columns;
  rows: Map<string, Row[]>;
  /** What is left out together with an entity. */
  familyOf: (entity: string) => string;
  ill: (entity: string, run: string) => boolean;
  /** Steps before the last one at which an ill run has to be caught. */
  early: number;
  /** Whether an alarm at a healthy run's last step cuts it short. */
  lastCounts: boolean;
}

/** Settings tried, in samples between false quarantines. */
const SWEEP = [30, 100, 300, 1e3, 3e3, 1e4, 1e5, 1e6] as const;

interface Count {
  ill: number;
  caught: number;
  healthy: number;
  cut: number;
  saved: number;
}
const NONE: Count = { ill: 0, caught: 0, healthy: 0, cut: 0, saved: 0 };
const sum = (counts: Iterable<Count>): Count =>
  [...counts].reduce(
    (a, b) => ({
      ill: a.ill + b.ill,
      caught: a.caught + b.caught,
      healthy: a.healthy + b.healthy,
      cut: a.cut + b.cut,
      saved: a.saved + b.saved,
    }),
    NONE,
  );
const recallOf = (c: Count) => c.caught / c.ill;
const falseOf = (c: Count) => (1000 * c.cut) / c.healthy;

/** An alarm about the run itself; others are about its agent, over all its runs. */
const accuses = (alarm: Alarm) => holds(alarm) && (alarm.type === "repetition" || alarm.type === "run_overrun");

/** One entity's runs through the detector: first quarantine by run, and what the detector then tells of its kind. */
async function judged(fleet: Fleet, entity: string, arl: number, prior: TypePrior | null) {
  const { columns } = fleet;
  const rows = fleet.rows.get(entity)!;
  const test = new Backtest({ columns, arl, prior }, await runEnds(placed(rows), columns));
  const runs = new Map<string, Caught>();
  for (const row of rows) {
    const run = String(row[columns.run!]);
    const c = runs.get(run) ?? { steps: 0, at: null };
    runs.set(run, c);
    c.steps++;
    if (test.feed(row).some(accuses)) c.at ??= c.steps;
  }
  return { runs, summaries: test.summaries() };
}

function count(fleet: Fleet, entity: string, runs: Map<string, Caught>): Count {
  const c = { ...NONE };
  for (const [run, { steps, at }] of runs) {
    if (fleet.ill(entity, run)) {
      c.ill++;
      if (at === null || steps - at < fleet.early) continue;
      c.caught++;
      c.saved += steps - at;
    } else {
      c.healthy++;
      if (at !== null && (fleet.lastCounts || at < steps)) c.cut++;
    }
  }
  return c;
}

/** Counts by setting and entity: alone, and with what the other families' runs have taught. */
async function sweep(fleet: Fleet): Promise<{ alone: Count[][]; lent: Count[][]; entities: string[] }> {
  const entities = [...fleet.rows.keys()];
  const known = await Promise.all(entities.map((entity) => judged(fleet, entity, SWEEP.at(-1)!, null)));
  const alone: Count[][] = [];
  const lent: Count[][] = [];
  for (const arl of SWEEP) {
    const own: Count[] = [];
    const left: Count[] = [];
    for (const entity of entities) {
      const others = entities.flatMap((other, i) =>
        fleet.familyOf(other) === fleet.familyOf(entity) ? [] : known[i]!.summaries,
      );
      own.push(count(fleet, entity, (await judged(fleet, entity, arl, null)).runs));
      left.push(count(fleet, entity, (await judged(fleet, entity, arl, buildPrior(others))).runs));
    }
    alone.push(own);
    lent.push(left);
  }
  return { alone, lent, entities };
}

/** The setting that catches most at no more than `limit` false catches per 1,000; its place in SWEEP, or −1. */
function best(counts: Count[], limit: number): number {
  let found = -1;
  counts.forEach((c, i) => {
    if (falseOf(c) <= limit && (found < 0 || c.caught > counts[found]!.caught)) found = i;
  });
  return found;
}

/** Each family at the setting that is best on the others. */
function leftOut(fleet: Fleet, { lent, entities }: Awaited<ReturnType<typeof sweep>>, limit: number) {
  const chosen = new Set<number>();
  const parts = entities.map((entity, e) => {
    const others = lent.map((counts) =>
      sum(counts.filter((_, i) => fleet.familyOf(entities[i]!) !== fleet.familyOf(entity))),
    );
    const at = best(others, limit);
    if (at < 0) return { ...lent[0]![e]!, caught: 0, cut: 0, saved: 0 };
    chosen.add(SWEEP[at]!);
    return lent[at]![e]!;
  });
  return { total: sum(parts), parts, chosen: [...chosen].sort((a, b) => a - b) };
}

/** The bare rule: the same action and result so many times within so many steps. */
function ruled(fleet: Fleet, times: number, within: number): Count {
  const counts = [...fleet.rows].map(([entity, rows]) => {
    const trails = new Map<string, string[]>();
    const runs = new Map<string, Caught>();
    for (const row of rows) {
      const run = String(row[fleet.columns.run!]);
      const mark = `${String(row[fleet.columns.action!])} ${String(row[fleet.columns.result!])}`;
      const c = runs.get(run) ?? { steps: 0, at: null };
      const trail = trails.get(run) ?? [];
      runs.set(run, c);
      trails.set(run, trail);
      c.steps++;
      trail.push(mark);
      if (trail.slice(-within).filter((one) => one === mark).length >= times) c.at ??= c.steps;
    }
    return count(fleet, entity, runs);
  });
  return sum(counts);
}

const said = (c: Count) => `${percent(recallOf(c))} at ${falseOf(c).toFixed(1)}`;

function byEntity(rows: Row[], column: string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const entity = String(row[column]);
    const group = groups.get(entity);
    if (group === undefined) groups.set(entity, [row]);
    else group.push(row);
  }
  return groups;
}

export async function sweagent(data: string): Promise<Line[]> {
  const capped = new Set<string>();
  for (const r of await load(data, "sweagent_runs/runs.csv.gz"))
    if (String(r["exit_status"]).includes("exit_cost")) capped.add(`${String(r["agent"])}|${String(r["instance"])}`);
  const fleet: Fleet = {
    columns: {
      entity: "agent",
      time: "step",
      run: "instance",
      step: "verb",
      action: "action_hash",
      result: "obs_hash",
      metrics: [vital("result_bytes", "obs_chars"), vital("error", "obs_error")],
    },
    rows: byEntity(await load(data, "sweagent_runs/steps.csv.gz"), "agent"),
    // Three passes of one model.
    familyOf: (agent) => agent.replace(/_\d$/, ""),
    ill: (agent, run) => capped.has(`${agent}|${run}`),
    early: 5,
    lastCounts: true,
  };
  const swept = await sweep(fleet);
  const lines = [5, 10, 20, 50].map((limit): Line => {
    const at = best(swept.alone.map(sum), limit);
    const plain = at < 0 ? NONE : sum(swept.alone[at]!);
    const left = leftOut(fleet, swept, limit);
    return {
      what: `capped runs caught 5 or more steps before the end, at most ${limit} false catches per 1,000`,
      target: limit === 20 ? "at least 30 %, leave one model out" : "",
      measured: at < 0 ? "none" : `${said(plain)} (--arl ${SWEEP[at]}, ${plain.saved} steps saved)`,
      leaveOneOut: `${said(left.total)} (--arl ${left.chosen.join(", ")}; by agent ${left.parts.map(said).join("; ")})`,
      met: limit === 20 ? recallOf(left.total) >= 0.3 : null,
    };
  });
  return [...lines, rule("same action and result 4 times in 10", ruled(fleet, 4, 10))];
}

const rule = (name: string, c: Count): Line => ({
  what: `baseline rule: ${name}`,
  target: "",
  measured: said(c),
  met: null,
});

export async function intercode(data: string): Promise<Line[]> {
  const several = new Set<string>();
  const solved = new Set<string>();
  for (const r of await load(data, "intercode_dev/runs.csv.gz")) {
    const campaign = String(r["campaign"]);
    if (Number(r["turns_max"]) > 1) several.add(campaign);
    if (Number(r["solved"]) === 1) solved.add(`${campaign}|${Number(r["task"])}`);
  }
  const steps = (await load(data, "intercode_dev/steps.csv.gz")).filter((r) => several.has(String(r["campaign"])));
  for (const r of steps) r["error"] = String(1 - Number(r["valid"] || 1));
  const fleet: Fleet = {
    columns: {
      entity: "campaign",
      time: "step",
      run: "key",
      action: "action_hash",
      result: "obs_hash",
      metrics: [vital("result_bytes", "obs_chars"), vital("error")],
    },
    rows: byEntity(steps, "campaign"),
    familyOf: (campaign) => campaign,
    ill: (campaign, run) => !solved.has(`${campaign}|${Number(run)}`),
    early: 1,
    lastCounts: false,
  };
  const swept = await sweep(fleet);
  const plain = sum(swept.alone[Math.max(best(swept.alone.map(sum), 4), 0)]!);
  const left = leftOut(fleet, swept, 4);
  const times = [3, 4, 5].map((n) => ({ n, count: ruled(fleet, n, 10) }));
  const same = times.find(({ count: c }) => falseOf(c) <= 4)?.count ?? NONE;
  return [
    {
      what: `unsolved runs (of ${left.total.ill}) flagged before their last step, at most 4 solved ones cut per 1,000`,
      target: "baseline rule + 5 points, leave one campaign out",
      measured: `${said(plain)} (of ${plain.ill + plain.healthy} runs)`,
      leaveOneOut: `${said(left.total)} (--arl ${left.chosen.join(", ")})`,
      met: falseOf(left.total) <= 4 && recallOf(left.total) >= recallOf(same) + 0.05,
    },
    ...times.map(({ n, count: c }) => rule(`same action and result ${n} times`, c)),
  ];
}
