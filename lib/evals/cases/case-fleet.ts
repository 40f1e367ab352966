import { createKey, type IngestKey } from "@/lib/auth/keys";
import type { LoopConfig } from "@/lib/config/agents";
import type { ChangeKind, Mode } from "@/lib/core/base/vocabulary";
import type { Directive } from "@/lib/contracts/directive";
import { EVENT_LIMITS, type AgentEvent } from "@/lib/contracts/event";
import type { RegisterBody } from "@/lib/contracts/ingest";
import type { Db } from "@/lib/db/client";
import { createSweeper } from "@/lib/detection/sweeper";
import { declare } from "@/lib/ingest/declare";
import { ingest } from "@/lib/ingest/ingest";
import { register } from "@/lib/ingest/register";
import { changeType } from "@/lib/response/settings";
import { sweep } from "@/lib/runtime/sweep";
import { APPROVER } from "./person";

/** As the product comes, whatever this process is set to. */
const CONFIG: LoopConfig = {
  maxLateMs: 600_000,
  maxClockSkewMs: 120_000,
  instanceLiveMs: 45_000,
  ackTimeoutMs: 30_000,
  inFlightMs: 30_000,
  directiveLeaseS: 300,
  approvalTtlMs: 86_400_000,
  fleetWaitMs: 2_000,
  probationSamples: 20,
  probationMs: 900_000,
  spendZone: "UTC",
};

/** One agent with its host, as Sentinel hears of them. */
export interface Host {
  id: string;
  type: string;
  registration: Omit<RegisterBody, "agent_id" | "agent_type">;
  /** What it reports up to `now`, epoch ms, since it was asked last. */
  until(now: number): Partial<AgentEvent>[];
  /** The directive as the last answer held it; in force from here on. */
  obey(directive: Directive): void;
  /** What its factory makes when it is told to hand over. */
  successor(id: string, now: number): Host;
}

/** The agents of a case, which report over the verb behind the API and obey what they are answered, and the loop that watches them. */
export class CaseFleet {
  readonly #sweeper = createSweeper();

  private constructor(
    readonly db: Db,
    readonly key: IngestKey,
    readonly hosts: Map<string, Host>,
    public now: number,
  ) {}

  static async start(
    db: Db,
    hosts: readonly Host[],
    modes: ReadonlyMap<string, Mode>,
    now: number,
  ): Promise<CaseFleet> {
    const { row } = await createKey(db, { name: "case", createdBy: APPROVER.id }, now);
    const fleet = new CaseFleet(db, row, new Map(hosts.map((host) => [host.id, host])), now);
    for (const host of hosts) await fleet.#register(host);
    for (const [type, mode] of modes) await changeType(db, type, { mode }, APPROVER, now);
    return fleet;
  }

  async #register({ id, type, registration }: Host): Promise<void> {
    await register(this.db, this.key, { agent_id: id, agent_type: type, ...registration }, this.now, CONFIG);
  }

  /** Goes on for so long: everybody reports, so often, and does as it is answered; then one sweep. */
  async advance(ms: number, every = ms): Promise<void> {
    for (const then = this.now + ms; this.now < then;) {
      this.now = Math.min(then, this.now + every);
      await this.#report();
    }
    const { failed } = await sweep(this.db, this.now, CONFIG, this.#sweeper);
    if (failed.length > 0) throw new Error(`a sweep failed: ${failed.join(", ")}`);
  }

  /** Announces what a deployment does now. */
  async announce(change: {
    agent: string;
    kind: ChangeKind;
    from?: string;
    to?: string;
    note?: string;
  }): Promise<void> {
    const { agent, ...rest } = change;
    await declare(this.db, { subject_kind: "agent", subject_id: agent, ...rest }, "deploys", this.now);
  }

  async #report(): Promise<void> {
    const events = [...this.hosts.values()].flatMap((host) => host.until(this.now)).toSorted((a, b) => Number(a.timestamp) - Number(b.timestamp)); // prettier-ignore
    for (let from = 0; from < events.length; from += EVENT_LIMITS.eventsPerRequest) {
      const sent = events.slice(from, from + EVENT_LIMITS.eventsPerRequest);
      const { agents, rejected } = await ingest(this.db, { events: sent, key: this.key }, this.now, CONFIG);
      if (rejected.length > 0) throw new Error(`an event was refused: ${rejected[0]!.field} ${rejected[0]!.reason}`);
      for (const [id, { directive }] of Object.entries(agents)) {
        this.hosts.get(id)?.obey(directive);
        if (directive.successor !== null && !this.hosts.has(directive.successor)) await this.#replace(id, directive.successor);
      }
    }
  } // prettier-ignore

  async #replace(id: string, successor: string): Promise<void> {
    const host = this.hosts.get(id)!.successor(successor, this.now);
    this.hosts.set(successor, host);
    await this.#register(host);
  }
}
