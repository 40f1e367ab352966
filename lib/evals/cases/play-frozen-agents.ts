import type { FrozenAgents } from "@/lib/contracts/frozen-case";
import type { Trajectory } from "@/lib/core/scoring/trajectory";
import type { Db } from "@/lib/db/client";
import { listPendingApprovals } from "@/lib/db/queries/healing";
import type { Incident } from "@/lib/db/queries/incidents";
import { trajectoryOf } from "@/lib/response/trajectory";
import { CaseFleet } from "./case-fleet";
import { FrozenHost } from "./frozen-host";
import { incidentAbout } from "./incident-about";
import { approve, isOver } from "./person";

/** Hosts report so often while their history is told, which nobody waits for: sooner than events are too late to be judged. */
const TOLD_EVERY_MS = 150_000;
/** The same from the onset on, and while an effect is being measured. */
const TICK_MS = { near: 5_000, far: 15_000 };
/** Nothing longer is played after the onset, ms: by then it was found, and effects are measured within a quarter of an hour. */
const PLAYED_MS = 2 * 60 * 60_000;
/** After the recording is over, what was carried out may still be measured for so long, ms. */
const MEASURED_MS = 16 * 60_000;
/** Where nothing has been opened by so long after all that was known of its subjects, ms, nothing will be: they only report that they are there. */
const WAITED_MS = 15_000;

/**
 * Plays a frozen incident of agents through the loop that watches real ones, in a database of its own, at the times of the incident. Whatever a person
 * is asked is approved.
 */
export async function playFrozenAgents(of: FrozenAgents, db: Db): Promise<Trajectory> {
  const { onset_at: onset, agents, changes, subjects } = of.evidence;
  const modes = new Map(agents.map(({ type, mode }) => [type, mode]));
  const begins = Math.min(onset, ...agents.flatMap(({ before }) => before.slice(0, 1).map(({ at }) => at))) - 1;
  const fleet = await CaseFleet.start(db, FrozenHost.all(of), modes, begins);
  const announced = changes.toSorted((a, b) => a.at - b.at);
  /** Goes on to a moment, stopping wherever something was announced. */
  const advance = async (to: number, every: number) => {
    for (let next = announced[0]; next !== undefined && next.at <= to; next = announced[0]) {
      if (next.at > fleet.now) await fleet.advance(next.at - fleet.now, every);
      const { agent, kind, from, to: now, note } = announced.shift()!;
      await fleet.announce({ agent, kind, ...(from && { from }), ...(now && { to: now }), ...(note && { note }) });
    }
    if (to > fleet.now) await fleet.advance(to - fleet.now, every);
  };
  await advance(onset - 1, TOLD_EVERY_MS);
  const recorded = Math.min(of.recording.until, onset + PLAYED_MS);
  const known = Math.min(recorded, knownUntil(of));
  let incident: Incident | null = null;
  while (fleet.now < recorded + MEASURED_MS) {
    const tick = incident?.state === "verifying" ? TICK_MS.far : TICK_MS.near;
    await advance(fleet.now + tick, tick);
    incident = await incidentAbout(db, subjects);
    if (incident === null && fleet.now >= known + WAITED_MS) break;
    if (incident === null) continue;
    if (isOver(incident.state)) break;
    const asked = await listPendingApprovals(db);
    if (incident.state === "escalated" && asked.length === 0) break;
    await approve(db, asked, fleet.now);
  }
  if (incident === null) return { subjectKind: "agent", subject: subjects[0]!, alertedAt: onset, opened: null };
  return trajectoryOf(db, incident);
}

/** Until when it is known what its subjects did while they were told nothing, epoch ms. */
const knownUntil = ({ evidence: { subjects }, recording }: FrozenAgents): number =>
  Math.max(
    ...recording.agents.filter(({ id }) => subjects.includes(id)).map(({ parts }) => parts[1]?.from ?? recording.until),
  );
