import type { IngestKey } from "@/lib/auth/keys";
import type { AgentEvent } from "@/lib/contracts/event";
import { openTestDb } from "@/lib/db/queries/test-world";
import { type Db, write } from "@/lib/db/client";
import { getAgent, listAgents, listDirectives } from "@/lib/db/queries/agents";
import { grouped } from "@/lib/core/base/grouped";
import type { LoopConfig } from "@/lib/config/agents";
import { ingest } from "@/lib/ingest/ingest";
import { createSweeper } from "@/lib/detection/sweeper";
import { sweep } from "./sweep";
import { changeType } from "@/lib/response/settings";
import type { Mode, Risk } from "@/lib/core/base/vocabulary";

/** For tests: durations as short as a simulated clock likes. */
export const CONFIG: LoopConfig = {
  maxLateMs: 600_000,
  maxClockSkewMs: 120_000,
  instanceLiveMs: 45_000,
  ackTimeoutMs: 30_000,
  inFlightMs: 30_000,
  directiveLeaseS: 300,
  approvalTtlMs: 3_600_000,
  fleetWaitMs: 2_000,
  probationSamples: 20,
  probationMs: 900_000,
  spendZone: "UTC",
};

/** A key that no table has: what it may do is not what most tests are about. */
const KEY: IngestKey = {
  id: "key-1",
  name: "test",
  agentId: null,
  namePrefix: null,
  scopes: ["events", "changes"],
  services: [],
};

export const PERSON = { id: "user-1", name: "Ada" };

/** Numbers between 0 and 1 that are the same every time (mulberry32). */
export function seeded(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Between two calls of an agent. */
const STEP_MS = 500;
/** In one request. */
const MAX_EVENTS = 1_000;

/** Steps in runs, each of so many calls and its end, counted for each agent; then the next run begins. */
export function stepsInRuns(calls: number): (agentId: string) => Pick<AgentEvent, "run_id" | "kind"> {
  const steps = new Map<string, number>();
  return (id) => {
    const n = steps.get(id) ?? 0;
    steps.set(id, n + 1);
    const within = n % (calls + 1);
    return { run_id: `${id}-run-${Math.floor(n / (calls + 1))}`, kind: within === calls ? "run_end" : "model_call" };
  };
}

/** What a simulated agent does with its vitals when it is ill. */
export type Fault = (event: Partial<AgentEvent>) => Partial<AgentEvent>;

/** A fleet whose clock, network and agents are in the test's hand; everything behind `ingest` is the real thing on a real file. */
export class TestFleet {
  now = Date.UTC(2026, 4, 20, 12);
  sweeper = createSweeper();
  readonly faults = new Map<string, Fault>();
  /** The keys that agents report with, where it is not the fleet's own. */
  readonly keys = new Map<string, string>();
  readonly #calls = new Map<string, number>();
  #rng = seeded(7);

  private constructor(
    readonly db: Db,
    readonly url: string,
    readonly close: () => Promise<void>,
    readonly config: LoopConfig,
    readonly key: IngestKey,
  ) {}

  static async open(
    config: Partial<LoopConfig> = {},
    opened: ReturnType<typeof openTestDb> = openTestDb(),
    key: IngestKey = KEY,
  ): Promise<TestFleet> {
    const { db, url, close } = await opened;
    return new TestFleet(db, url, close, { ...CONFIG, ...config }, key);
  }

  /** Standard normal (Box & Muller 1958). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.#rng())) * Math.cos(2 * Math.PI * this.#rng());
  }

  lognormal(median: number, sd: number): number {
    return median * Math.exp(sd * this.normal());
  }

  /** One healthy model call, as an SDK would report it. */
  call(agentId: string, more: Partial<AgentEvent> = {}): Partial<AgentEvent> {
    const input = Math.round(this.lognormal(800, 0.4));
    const output = Math.round(this.lognormal(200, 0.4));
    const sequence = this.#calls.get(agentId) ?? 0;
    this.#calls.set(agentId, sequence + 1);
    return {
      agent_id: agentId,
      agent_type: "Research",
      kind: "model_call",
      instance_id: `${agentId}-1`,
      run_id: `${agentId}-run-${Math.floor(sequence / 4)}`,
      sequence,
      timestamp: this.now,
      model: "m-1",
      provider: "acme",
      prompt_hash: "p-good",
      latency_ms: this.lognormal(900, 0.3),
      input_tokens: input,
      output_tokens: output,
      token_count: input + output,
      cost: (input * 0.5 + output * 1.5) / 1e6,
      tool_calls: this.#rng() < 0.5 ? 1 : 0,
      retries: this.#rng() < 0.05 ? 1 : 0,
      success: this.#rng() > 0.01,
      ...more,
    };
  }

  async send(events: Partial<AgentEvent>[], keyId = this.key.id) {
    return ingest(this.db, { events, key: { ...this.key, id: keyId } }, this.now, this.config);
  }

  /** The same request under an idempotency key: however often it is sent, it counts once. */
  async sendOnce(events: Partial<AgentEvent>[], idempotencyKey: string) {
    return ingest(this.db, { events, key: this.key, idempotencyKey }, this.now, this.config);
  }

  async sweep() {
    return sweep(this.db, this.now, this.config, this.sweeper);
  }

  /** Every agent that is not held reports one call; everybody obeys their directive and says so; one sweep. */
  async tick(agents: readonly string[], more: (agentId: string) => Partial<AgentEvent> = () => ({})): Promise<void> {
    const events: Partial<AgentEvent>[] = [];
    const directives = await listDirectives(this.db, await listAgents(this.db, agents));
    for (const id of agents) {
      const directive = directives.get(id);
      const held = directive !== undefined && directive.status !== "run";
      const said = directive ? { directive_version: directive.version, directive_hash: directive.hash } : {};
      if (held)
        events.push({
          agent_id: id,
          instance_id: `${id}-1`,
          kind: "heartbeat",
          timestamp: this.now,
          enforced: true,
          ...said,
        });
      else {
        const healthy = this.call(id, { ...said, ...more(id) });
        events.push(this.faults.get(id)?.(healthy) ?? healthy);
      }
    }
    const byKey = grouped(events, ({ agent_id: id }) => this.keys.get(id!));
    for (const [keyId, theirs] of byKey) await this.send(theirs, keyId);
    await this.sweep();
    this.now += STEP_MS;
  }

  /** Everybody reports so many healthy calls, one STEP_MS apart, in one request; then they have a baseline. */
  async learn(
    agents: readonly string[],
    calls: number,
    more: (agentId: string) => Partial<AgentEvent> = () => ({}),
  ): Promise<void> {
    const events: Partial<AgentEvent>[] = [];
    for (let i = 0; i < calls; i++) {
      for (const id of agents) events.push(this.call(id, more(id)));
      this.now += STEP_MS;
    }
    for (const [keyId, theirs] of grouped(events, ({ agent_id: id }) => this.keys.get(id!)))
      for (let from = 0; from < theirs.length; from += MAX_EVENTS)
        await this.send(theirs.slice(from, from + MAX_EVENTS), keyId);
    await this.sweep();
  }

  async ticks(agents: readonly string[], n: number, more?: (agentId: string) => Partial<AgentEvent>): Promise<void> {
    for (let i = 0; i < n; i++) await this.tick(agents, more);
  }

  /** Ticks until it is so; throws after `max`. */
  async until(agents: readonly string[], so: () => Promise<boolean>, max = 200): Promise<number> {
    for (let i = 0; i < max; i++) {
      if (await so()) return i;
      await this.tick(agents);
    }
    throw new Error(`not so after ${max} ticks`);
  }

  async treat(
    type: string,
    mode: Mode,
    allows: Risk[] = ["none", "reversible", "hard_to_undo"],
    threshold: number | null = 10.1,
  ): Promise<void> {
    await write(this.db, [
      {
        sql: "INSERT INTO agent_types (type, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
        args: [type, this.now],
      },
    ]);
    await changeType(this.db, type, { mode, allows, threshold }, PERSON, this.now);
  }

  state = async (id: string) => (await getAgent(this.db, id)).state;
}
