import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { and, inArray, ne } from "drizzle-orm";
import { createKey, type IngestKey, verifyKey } from "@/lib/auth/keys";
import type { AgentEvent } from "@/lib/contracts/event";
import type { RegisterBody } from "@/lib/contracts/ingest";
import { type Db, openDb } from "@/lib/db/client";
import { migrateDb } from "@/lib/db/migrate";
import { type Agent, findAgent, findDirective } from "@/lib/db/queries/agents";
import { directives } from "@/lib/db/schema";
import { ingest } from "@/lib/ingest/ingest";
import { register } from "@/lib/ingest/register";
import { CONFIG, TestFleet } from "@/lib/runtime/test-fleet";

export type Event = Partial<AgentEvent>;

/** Time between two calls of an agent, in ms. */
export const STEP_MS = 500;
/** Healthy calls of every agent before an attack: the number that the attacks were first seen with. */
const LEARNED_CALLS = 160;
/** Agents that do nothing wrong. None of them may ever be held. */
export const CONTROLS = Array.from({ length: 24 }, (_, i) => `control-${String(i + 1).padStart(2, "0")}`);
/** Agents of the attacker's own key, with a healthy past. */
export const SUSPECTS = Array.from({ length: 6 }, (_, i) => `mallory-${i + 1}`);
/** Agents of the other key that an attack aims at, with a healthy past. */
export const VICTIMS = ["victim-1", "victim-2"];

const SHARED = { model: "m-9", provider: "bolt" } as const;

/**
 * A fleet of two owners on a real database, with a simulated clock: controls and victims report with one key, suspects
 * with another. Everything behind ingest, register and sweep is the product itself with its default settings.
 */
export class Arena {
  readonly fleet: TestFleet;
  readonly #instances = new Map<string, string>();

  private constructor(
    readonly db: Db,
    fleet: TestFleet,
    /** Of controls and victims. */
    readonly owner: IngestKey,
    /** Of suspects. */
    readonly attacker: IngestKey,
  ) {
    this.fleet = fleet;
  }

  get now(): number {
    return this.fleet.now;
  }

  set now(at: number) {
    this.fleet.now = at;
  }

  static async #on(db: Db, url: string, close: () => Promise<void>, now?: number, keys?: Keys): Promise<Arena> {
    const fleet = await TestFleet.open({}, Promise.resolve({ db, url, close }));
    if (now !== undefined) fleet.now = now;
    const secrets = keys ?? (await newKeys(db, fleet.now));
    const [owner, attacker] = await Promise.all(
      [secrets.owner, secrets.attacker].map((secret) => verifyKey(db, secret, fleet.now)),
    );
    if (!owner || !attacker) throw new Error("The arena's keys are not in its database");
    const arena = new Arena(db, fleet, owner, attacker);
    arenaKeys.set(arena, secrets);
    return arena;
  }

  /** A world in which everybody has learned. Made once, then copied for every attack. */
  static async learned(): Promise<Template> {
    const folder = mkdtempSync(join(tmpdir(), "sentinel-arena-"));
    const file = join(folder, "learned.db");
    const db = await openDb({ url: `file:${file}` });
    await migrateDb(db);
    const arena = await Arena.#on(db, `file:${file}`, () => Promise.resolve(db.$client.close()));
    await arena.fleet.treat("Research", "act", ["none"], 0);
    await arena.fleet.treat("Leisure", "observe");
    for (const id of [...CONTROLS, ...VICTIMS, ...SUSPECTS])
      await arena.register(id, { enforcement: true, agent_type: "Research" });
    for (let call = 0; call < LEARNED_CALLS; call++) {
      await arena.report([...CONTROLS, ...VICTIMS, ...SUSPECTS].map((id) => arena.healthy(id)));
      await arena.step();
    }
    await db.$client.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    const keys = arenaKeys.get(arena)!;
    const now = arena.now;
    await arena.fleet.close();
    return { file, now, keys, remove: () => rmSync(folder, { recursive: true, force: true }) };
  }

  /** A copy of a learned world, for one attack. */
  static async copyOf(template: Template): Promise<Arena> {
    const folder = mkdtempSync(join(tmpdir(), "sentinel-arena-"));
    const file = join(folder, "attack.db");
    copyFileSync(template.file, file);
    const db = await openDb({ url: `file:${file}` });
    const close = () => {
      db.$client.close();
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    };
    return Arena.#on(db, `file:${file}`, close, template.now, template.keys);
  }

  close = (): Promise<void> => this.fleet.close();

  /** Whose key speaks for an agent, unless an attack says otherwise. */
  keyOf = (agentId: string): IngestKey =>
    CONTROLS.includes(agentId) || agentId.startsWith("victim") ? this.owner : this.attacker;

  /** One ordinary call of an agent. Suspects and victims share a model and a provider that the controls do not use. */
  healthy = (agentId: string, more: Event = {}): Event =>
    this.fleet.call(agentId, {
      instance_id: this.#instances.get(agentId) ?? `${agentId}-1`,
      ...(CONTROLS.includes(agentId) ? {} : SHARED),
      ...more,
    });

  /** From here on the agent's own calls come from this instance. */
  instance(agentId: string, instanceId: string): void {
    this.#instances.set(agentId, instanceId);
  }

  /** Sends events, those of each key in a request of its own. What is refused is what an attacker gets told, and no error here. */
  async report(events: readonly Event[], as?: IngestKey): Promise<void> {
    const keys = new Map<IngestKey, Event[]>();
    for (const event of events) {
      const key = as ?? this.keyOf(event.agent_id!);
      keys.set(key, [...(keys.get(key) ?? []), event]);
    }
    for (const [key, mine] of keys) await this.attempt(() => ingest(this.db, { events: mine, key }, this.now, CONFIG));
  }

  async register(id: string, body: Omit<RegisterBody, "agent_id">, as = this.keyOf(id)): Promise<void> {
    await this.attempt(() => register(this.db, as, { agent_id: id, ...body }, this.now, CONFIG));
  }

  /** What a hostile host tries; that it is refused is fine, that it breaks the product is not. */
  async attempt(what: () => Promise<unknown>): Promise<void> {
    try {
      await what();
    } catch (error) {
      if (!(error instanceof Error) || !("code" in error) || error.code === "internal") throw error;
    }
  }

  /** One sweep, then the clock moves on. */
  async step(ms = STEP_MS): Promise<void> {
    await this.fleet.sweep();
    this.now += ms;
  }

  /** Heartbeats of a host that obeys what it was told, as the SDK sends them while an agent is held. */
  async obey(agentId: string): Promise<Event> {
    const directive = await findDirective(this.db, agentId);
    return {
      agent_id: agentId,
      instance_id: this.#instances.get(agentId) ?? `${agentId}-1`,
      kind: "heartbeat",
      timestamp: this.now,
      enforced: true,
      ...(directive ? { directive_version: directive.version, directive_hash: directive.hash } : {}),
    };
  }

  /** Whether a quarantine was sent to the agent and stands. */
  async held(agentId: string): Promise<boolean> {
    const agent = await findAgent(this.db, agentId);
    if (!agent || agent.directiveVersion === 0) return false;
    return (await findDirective(this.db, agentId, agent.directiveVersion))?.status === "quarantined";
  }

  agent = (id: string): Promise<Agent | null> => findAgent(this.db, id);

  /** Ids of controls that were ever sent anything but to go on working. */
  async heldControls(): Promise<string[]> {
    const rows = await this.db
      .selectDistinct({ id: directives.agentId })
      .from(directives)
      .where(and(ne(directives.status, "run"), inArray(directives.agentId, CONTROLS)));
    return rows.map(({ id }) => id);
  }
}

interface Keys {
  owner: string;
  attacker: string;
}

export interface Template {
  file: string;
  /** Where its clock stands, epoch ms. */
  now: number;
  keys: Keys;
  remove(): void;
}

const arenaKeys = new WeakMap<Arena, Keys>();

async function newKeys(db: Db, now: number): Promise<Keys> {
  const key = async (name: string) => (await createKey(db, { name, createdBy: "red-team" }, now)).secret;
  return { owner: await key("owner"), attacker: await key("attacker") };
}
