import type { DrillDetail, DrillView } from "@/lib/contracts/drills";
import { actionName } from "@/lib/core/agents/words";
import type { Db } from "@/lib/db/client";
import { type DrillRecord, findDrill, getDrill, listDrills } from "@/lib/db/drills";
import { listActionRunsOf } from "@/lib/db/queries/healing";
import { getIncident } from "@/lib/db/queries/incidents";
import { listCauses } from "@/lib/db/queries/investigations";
import { findEpisode } from "@/lib/db/queries/episodes";
import { play } from "./playback";
import { playbackOf } from "./recording";
import { loadAnswer, loadScenario } from "./scenarios";

/** How much of the recording is shown before the last thing that happened (the alert, an operation, now), in seconds. */
const SHOWN_BEFORE_S = 5 * 60;

/** Whether what was found first is what was behind it. */
export interface Verdict {
  node: string;
  why: string;
  right: boolean;
}

/** The first cause of a drill's incident against the recording's answer. */
export async function verdictOf(
  db: Db,
  { scenario, incident }: Pick<DrillRecord, "scenario" | "incident">,
): Promise<Verdict> {
  const [answer, [first]] = await Promise.all([loadAnswer(scenario), listCauses(db, incident)]);
  const kinds: readonly string[] = answer.kinds;
  return { node: answer.node, why: answer.why, right: first?.node === answer.node && kinds.includes(first.kind) };
}

/** All drills, the newest first. */
export async function listDrillViews(now: number): Promise<DrillView[]> {
  const views = await Promise.all(
    (await listDrills()).map(async ({ id }) => {
      const drill = await findDrill(id, now);
      return drill && viewOf(drill.record, drill.db);
    }),
  );
  return views.filter((view) => view !== null);
}

/** One drill as it goes on. Throws not_found. */
export async function getDrillDetail(id: string, now: number): Promise<DrillDetail> {
  const { record, db } = await getDrill(id, now);
  const scenario = await loadScenario(record.scenario, record.firedAt);
  const { node, metric, unit, above } = scenario.signal;
  const [view, playback, runs, episode] = await Promise.all([
    viewOf(record, db),
    playbackOf({ db, scenario, incident: record.incident }),
    listActionRunsOf(db, record.incident),
    findEpisode(db, record.incident),
  ]);
  const acted = runs.at(-1)?.startedAt;
  const until = Math.min(now, (view.incident.closed_at ?? now) + SHOWN_AFTER_MS) / 1_000;
  return {
    ...view,
    signal: {
      service: node,
      metric,
      unit,
      above,
      points: play(playback, node, metric, (acted ? acted / 1_000 : until) - SHOWN_BEFORE_S, until).map(
        ([t, value]) => [Math.round(t * 1_000), value],
      ),
    },
    operations: runs.map((run) => ({
      name: actionName(run),
      service: run.subjectId,
      at: run.startedAt,
      by: run.by,
      outcome: run.outcome,
    })),
    episode: episode
      ? {
          title: episode.title,
          cause_node: episode.causeNode,
          cause_kind: episode.causeKind,
          action: episode.action,
          outcome: episode.outcome,
          closed_at: episode.closedAt,
        }
      : null,
  };
}

/** The recording is shown until so long after its incident was closed, in ms. */
const SHOWN_AFTER_MS = 60_000;

async function viewOf(record: DrillRecord, db: Db): Promise<DrillView> {
  const incident = await getIncident(db, record.incident);
  return {
    id: record.id,
    scenario: record.scenario,
    title: record.title,
    service: record.service,
    fired_by: record.firedBy,
    fired_at: record.firedAt,
    expires_at: record.expiresAt,
    incident: {
      id: incident.id,
      state: incident.state,
      title: incident.title,
      outcome: incident.outcome,
      opened_at: incident.openedAt,
      closed_at: incident.closedAt,
    },
    answer: incident.closedAt === null ? null : await verdictOf(db, record),
  };
}
