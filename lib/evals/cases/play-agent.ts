import type { Trajectory } from "@/lib/core/scoring/trajectory";
import { createKey, type IngestKey } from "@/lib/auth/keys";
import type { LoopConfig } from "@/lib/config/agents";
import { INCIDENT_STATES } from "@/lib/core/base/vocabulary";
import { EVENT_LIMITS } from "@/lib/contracts/event";
import type { Db } from "@/lib/db/client";
import { listHoldsOf } from "@/lib/db/queries/agents";
import { listPendingApprovals } from "@/lib/db/queries/healing";
import { type Incident, listIncidentsInStates, listSubjects } from "@/lib/db/queries/incidents";
import { createSweeper } from "@/lib/detection/sweeper";
import { declare } from "@/lib/ingest/declare";
import { ingest } from "@/lib/ingest/ingest";
import { register } from "@/lib/ingest/register";
import { decide } from "@/lib/response/decide";
import { changeType } from "@/lib/response/settings";
import { trajectoryOf } from "@/lib/response/trajectory";
import { sweep } from "@/lib/runtime/sweep";
import { HISTORY_MS, hostsOf } from "@/seeds/scenarios/agent-classes";
import { AgentHost } from "@/seeds/scenarios/agent-host";
import type { AgentCase } from "./case";

/** The trouble of every case begins at this moment, so that a run repeats exactly. */
export const STARTS_AT = Date.UTC(2026, 2, 3, 12);
/** Hosts report so often while their history is told, which nobody waits for: sooner than events are too late to be judged. */
const TOLD_EVERY_MS = 150_000;
/** The same while trouble is to be found or something to be decided, and while nothing shows or an effect is being measured. */
const TICK_MS = { near: 5_000, far: 15_000 };
/** Most trouble shows within this. */
const NEAR_MS = 60_000;
/** A case is over after this at the latest: time to find the trouble, for three remedies, each measured on fresh samples, and for a brown-out to end. */
const PLAYED_MS = 15 * 60_000;
/** Where nothing has been opened by then, nothing will be: a fault is to be found within a quarter of an hour, false alarms need no longer to show. */
const QUIET_MS = 10 * 60_000;
const APPROVER = { id: "evaluation", name: "the evaluation" };
const OVER: readonly Incident["state"][] = ["resolved", "dismissed", "rejected"];

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
};

/**
 * Plays a case of agents through the loop that real agents go through, in a database of its own and on a clock of its own. Its agents report over the
 * verb behind the API, obey what they are answered, and change how they work by it. Whatever a person is asked is approved.
 */
export async function playAgentCase({ evidence }: AgentCase, db: Db): Promise<Trajectory> {
  const fleet = await Fleet.start(db, evidence);
  await fleet.advance(HISTORY_MS, TOLD_EVERY_MS);
  await fleet.announce();
  let incident: Incident | null = null;
  for (const over = STARTS_AT + PLAYED_MS; fleet.now < over;) {
    const near = incident === null ? fleet.now < STARTS_AT + NEAR_MS : incident.state !== "verifying";
    await fleet.advance(near ? TICK_MS.near : TICK_MS.far);
    incident = await about(db, evidence);
    if (incident === null && fleet.now >= STARTS_AT + QUIET_MS) break;
    if (incident === null) continue;
    if (OVER.includes(incident.state)) break;
    const asked = await listPendingApprovals(db);
    if (incident.state === "escalated" && asked.length === 0) break;
    for (const { id, digest } of asked)
      await decide(db, id, { decision: "approve", digest, evidenceOpened: true }, APPROVER, fleet.now);
  }
  return trajectory(db, evidence, incident);
}

/** The incident about whoever is ill, that of a shared cause first; of those who are well, any. The newest, where one led to another. */
async function about(db: Db, { trouble }: AgentCase["evidence"]): Promise<Incident | null> {
  const all = await listIncidentsInStates(db, INCIDENT_STATES);
  const told = all.toSorted((a, b) => Number(b.kind === "external") - Number(a.kind === "external") || b.openedAt - a.openedAt); // prettier-ignore
  for (const incident of told) {
    const subjects = await listSubjects(db, incident.id);
    if (trouble === null || subjects.some(({ subjectId }) => trouble.agents.includes(subjectId))) return incident;
  }
  return null;
}

/** Whoever was held belongs to the case, in whichever incident it was. */
async function trajectory(db: Db, { fleet, trouble }: AgentCase["evidence"], incident: Incident | null): Promise<Trajectory> {
  if (incident === null)
    return { subjectKind: "agent", subject: trouble?.agents[0] ?? fleet[0]!.id, alertedAt: STARTS_AT, opened: null };
  const found = await trajectoryOf(db, incident);
  const others = (await listIncidentsInStates(db, INCIDENT_STATES)).filter(({ id }) => id !== incident.id);
  const ids = fleet.map(({ id }) => id);
  const holds = await Promise.all(others.map(({ id }) => listHoldsOf(db, ids, id)));
  return { ...found, opened: found.opened && { ...found.opened, holds: [...found.opened.holds, ...holds.flat()] } };
} // prettier-ignore

/** The agents of a case with their hosts, and the loop that watches them. */
class Fleet {
  readonly #sweeper = createSweeper();
  now = STARTS_AT - HISTORY_MS;

  private constructor(
    readonly db: Db,
    readonly key: IngestKey,
    readonly evidence: AgentCase["evidence"],
    readonly hosts: Map<string, AgentHost>,
  ) {}

  static async start(db: Db, evidence: AgentCase["evidence"]): Promise<Fleet> {
    const { row } = await createKey(db, { name: "case", createdBy: APPROVER.id }, STARTS_AT - HISTORY_MS);
    const hosts = new Map(hostsOf(evidence, STARTS_AT).map((host) => [host.spec.id, host]));
    const fleet = new Fleet(db, row, evidence, hosts);
    for (const { spec } of hosts.values()) await fleet.#register(spec);
    for (const type of new Set(evidence.fleet.map(({ type: of }) => of)))
      await changeType(db, type, { mode: "act" }, APPROVER, fleet.now);
    return fleet;
  }

  async #register({ id, type, model, provider, promptHash, tools }: AgentHost["spec"]): Promise<void> {
    await register(
      this.db,
      this.key,
      {
        agent_id: id,
        agent_type: type,
        model,
        provider,
        tools: tools.map(({ name }) => name),
        prompt_hash: promptHash,
        held_prompts: [promptHash],
        enforcement: true,
        can_clone: true,
        instance_id: `${id}-a`,
      },
      this.now,
      CONFIG,
    );
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

  /** Announces what its deployments do now. */
  async announce(): Promise<void> {
    for (const { agent, kind, to } of this.evidence.changes)
      await declare(this.db, { subject_kind: "agent", subject_id: agent, kind, to }, "deploys", this.now);
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

  /** What the host's factory makes: the same agent under a new name, which knows nothing of what ailed the old one. */
  async #replace(id: string, successor: string): Promise<void> {
    const { spec, trouble, startsAt } = this.hosts.get(id)!;
    const host = new AgentHost({ ...spec, id: successor }, trouble, startsAt, this.now, this.evidence.seed);
    this.hosts.set(successor, host);
    await this.#register(host.spec);
  }
}
