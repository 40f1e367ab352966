import type { Trajectory } from "@/lib/core/scoring/trajectory";
import { INCIDENT_STATES } from "@/lib/core/base/vocabulary";
import type { Db } from "@/lib/db/client";
import { listHoldsOf } from "@/lib/db/queries/agents";
import { listPendingApprovals } from "@/lib/db/queries/healing";
import { type Incident, listIncidentsInStates } from "@/lib/db/queries/incidents";
import { trajectoryOf } from "@/lib/response/trajectory";
import { HISTORY_MS, hostsOf } from "@/seeds/scenarios/agent-classes";
import { AgentHost } from "@/seeds/scenarios/agent-host";
import type { AgentCase } from "./case";
import { CaseFleet, type Host } from "./case-fleet";
import { incidentAbout } from "./incident-about";
import { approve, isOver } from "./person";

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

/**
 * Plays a case of agents through the loop that real agents go through, in a database of its own and on a clock of its own. Its agents report over the
 * verb behind the API, obey what they are answered, and change how they work by it. Whatever a person is asked is approved.
 */
export async function playAgentCase({ evidence }: AgentCase, db: Db): Promise<Trajectory> {
  const hosts = hostsOf(evidence, STARTS_AT).map((host) => hosted(host, evidence.seed));
  const modes = new Map(evidence.fleet.map(({ type }) => [type, "act" as const]));
  const fleet = await CaseFleet.start(db, hosts, modes, STARTS_AT - HISTORY_MS);
  await fleet.advance(HISTORY_MS, TOLD_EVERY_MS);
  for (const { agent, kind, to } of evidence.changes) await fleet.announce({ agent, kind, to });
  let incident: Incident | null = null;
  for (const over = STARTS_AT + PLAYED_MS; fleet.now < over;) {
    const near = incident === null ? fleet.now < STARTS_AT + NEAR_MS : incident.state !== "verifying";
    await fleet.advance(near ? TICK_MS.near : TICK_MS.far);
    // Of those who are well any incident is told of.
    incident = await incidentAbout(db, evidence.trouble?.agents ?? null);
    if (incident === null && fleet.now >= STARTS_AT + QUIET_MS) break;
    if (incident === null) continue;
    if (isOver(incident.state)) break;
    const asked = await listPendingApprovals(db);
    if (incident.state === "escalated" && asked.length === 0) break;
    await approve(db, asked, fleet.now);
  }
  return trajectory(db, evidence, incident);
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

/** A simulated host. Its successor is the same agent under a new name, which knows nothing of what ailed the old one. */
const hosted = (host: AgentHost, seed: number): Host => {
  const { id, type, model, provider, promptHash, tools } = host.spec;
  return {
    id,
    type,
    registration: {
      model,
      provider,
      tools: tools.map(({ name }) => name),
      prompt_hash: promptHash,
      held_prompts: [promptHash],
      enforcement: true,
      can_clone: true,
      instance_id: `${id}-a`,
    },
    until: (now) => host.until(now),
    obey: (directive) => host.obey(directive),
    successor: (name, now) =>
      hosted(new AgentHost({ ...host.spec, id: name }, host.trouble, host.startsAt, now, seed), seed),
  };
};
