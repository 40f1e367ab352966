import { type Alarm, Backtest } from "./backtest";
import type { Columns } from "./columns";
import { random } from "./generate";
import type { Row } from "./rows";
import type { Line } from "./table";

/**
 * Real requests in which nothing was injected, dealt to agents in many ways: in turn, in blocks, at random, and in bursts that
 * stay with one agent for ten requests on average, as a session would. The deals share their requests, so that they are no
 * independent trials; but each asks the detector anew, with other baselines and in another order.
 */
export function untouched(name: string, rows: Row[], columns: Omit<Columns, "entity">, group: string | null): Line[] {
  const DEALS: [string, (size: number, seed: number) => (i: number) => number][] = [
    ["in turn", (size) => (i) => i % size],
    ["in blocks", (size) => (i) => Math.floor((i * size) / rows.length)],
    ["at random", anyOf],
    ["in bursts", burstsOf],
  ];
  return DEALS.map(([how, deal]) => {
    let agents = 0;
    let held = 0;
    for (const size of SIZES)
      for (let seed = 0; seed < SEEDS; seed++) {
        if (seed > 0 && deal.length < 2) break;
        const result = dealt(rows, columns, group, deal(size, 1000 * seed + size));
        agents += result.agents;
        held += result.held;
      }
    return {
      what: `${name}, distributed ${how} over ${SIZES.join(", ")} agents${group === null ? "" : ` per ${group}`}: ever quarantined`,
      target: "0",
      measured: `${held} of ${agents}`,
      met: held === 0,
    };
  });
}

/** Whether an alarm would hold its agent. */
export const holds = (alarm: Alarm) => alarm.would === "quarantine";

const SIZES = [22, 48, 100] as const;
const SEEDS = 4;
/** A burst goes on with this probability. */
const STAYS = 0.9;

function anyOf(size: number, seed: number): () => number {
  const next = random(seed);
  return () => Math.floor(next() * size);
}

function burstsOf(size: number, seed: number): () => number {
  const next = random(seed);
  let agent = 0;
  return () => {
    if (next() > STAYS) agent = Math.floor(next() * size);
    return agent;
  };
}

function dealt(rows: Row[], columns: Omit<Columns, "entity">, group: string | null, agentOf: (i: number) => number) {
  const run = new Backtest({ columns: { ...columns, entity: "agent" } });
  const agents = new Set<string>();
  const held = new Set<string>();
  rows.forEach((row, i) => {
    const agent = `${group === null ? "" : String(row[group])}#${agentOf(i)}`;
    agents.add(agent);
    if (run.feed({ ...row, agent }).some(holds)) held.add(agent);
  });
  return { agents: agents.size, held: held.size };
}
