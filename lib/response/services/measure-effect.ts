import { type ActionRun, endRunClaim, listUnjudgedServiceRuns } from "@/lib/db/queries/healing";
import { prepare } from "@/lib/actions/service/index";
import { judgeRecovery, type Recovery } from "@/lib/core/services/recovery";
import { actionName } from "@/lib/core/agents/words";
import { commit } from "@/lib/db/commit";
import type { Db } from "@/lib/db/client";
import { listAlertsOf } from "@/lib/db/queries/alerts";
import { getIncident, type Incident } from "@/lib/db/queries/incidents";
import { type IncidentSignal, listIncidentSignals, listSignals } from "@/lib/db/queries/signals";
import { found, type Looked } from "@/lib/evidence/looked";
import type { RangeSeries } from "@/lib/evidence/prometheus";
import { seriesReader, type SeriesReader } from "@/lib/evidence/traces";
import type { Verdict } from "../driver";
import type { ServiceContext } from "./context";
import { otherTroubles } from "./other-troubles";

/** How long before the onset counts as normal, in seconds. */
const NORMAL_S = 3_600;
/** An onset is known no better than this, in seconds: the time just before it is neither normal nor ill. */
const ONSET_BLUR_S = 60;
/** Steps without a point after which a series is no longer measured: scrapes come late now and then. */
const STALE_STEPS = 4;
/** How long a rollback pull request may wait for its merge before its effect is judged, in ms. */
const MERGE_MS = 24 * 60 * 60_000;
/** An operation that has not reported this long after its own time limit was cut off by a crash, in ms. */
const GRACE_MS = 5_000;
/** The limit of one that is not on the allow-list any more: the longest that there may be. */
const LONGEST_MS = 10 * 60_000;

/** What is known of one operation's effect so far. */
export interface Measuring {
  /** When it was last measured, epoch ms. */
  at: number;
  /** Each series until the operation, by its query and labels: it does not change any more. */
  before: Map<string, Pick<Recovery, "normal" | "ill" | "expected">>;
}

/** A series as it is judged, with the unit of its values. */
interface Measured extends Recovery {
  unit: string | null;
}

/** Operations that are not judged yet; what is remembered of others is let go. */
export async function listMeasured(ctx: ServiceContext): Promise<ActionRun[]> {
  const runs = await listUnjudgedServiceRuns(ctx.db);
  for (const id of ctx.measuring.keys()) if (!runs.some((run) => run.id === id)) ctx.measuring.delete(id);
  return runs;
}

/** Moves a run one step on. What was cut off is never run again: its effect is measured, like that of what was carried out. */
export async function measureEffect(ctx: ServiceContext, run: ActionRun): Promise<Verdict | null> {
  const { db, now, config, underway } = ctx;
  if (run.state === "started") {
    // Another process may be at it still; what this one is not at, after so long, nobody is.
    if (!underway.has(run.id) && now - run.startedAt >= limitOf(ctx, run) + GRACE_MS) await cutOff(ctx, run);
    return null;
  }
  if (run.action === "open_change_pr") return ofChange(run);
  const since = (run.endedAt ?? run.startedAt) + config.settleMs;
  if (now < since) return null;
  // A pull request changes nothing until somebody merges it.
  const patienceMs = run.action === "open_rollback_pr" ? MERGE_MS : config.verifyDeadlineMs;
  const deadline = now - (run.endedAt ?? run.startedAt) >= patienceMs;
  const known = ctx.measuring.get(run.id) ?? { at: 0, before: new Map() };
  // A turn comes whenever something happens; a new point comes with a scrape.
  if (!deadline && now - known.at < config.watchMs) return null;
  ctx.measuring.set(run.id, { ...known, at: now });
  const incident = await getIncident(db, run.incidentId);
  const measured = await measure(ctx, incident, run, since, known.before);
  const stepS = Math.max(1, config.watchMs / 1_000);
  const settled = Math.max(3, Math.ceil(config.verifyMs / 1_000 / stepS));
  const { kind, reason } =
    measured === null
      ? ({ kind: deadline ? "cannot_tell" : "pending", reason: "no source of metrics is configured" } as const)
      : judgeRecovery(measured, { minPoints: settled, settled, deadline });
  if (kind === "pending") return null;
  return { outcome: kind, reason, verification: { reason, series: (measured ?? []).map(brief) } };
}

/** A change of Sentinel was measured before it was proposed; until somebody merges it there is nothing to measure. */
const ofChange = ({ state, detail }: ActionRun): Verdict => {
  const reason = detail ?? "the outcome of the pull request is unknown";
  return { outcome: "cannot_tell", reason, verification: { reason }, ...(state === "done" ? { ends: reason } : {}) };
};

/** Exactly what raised the incident, measured around the action; null when there is no source to ask. */
async function measure(
  { db, watched, config, now }: ServiceContext,
  incident: Incident,
  run: ActionRun,
  since: number,
  known: Measuring["before"],
): Promise<Measured[] | null> {
  const asked = await listIncidentSignals(db, incident.id);
  if (asked.length === 0) return [];
  const source = seriesReader(db, watched, asked, now);
  if (source === null) return null;
  const minStep = Math.max(1, Math.round(config.watchMs / 1_000));
  const onset = incident.onsetAt / 1_000;
  const services = [...new Set(asked.map(({ serviceId }) => serviceId))];
  const isKnown = asked.every((one) => known.has(seriesOf(one)));
  const [other, watch] = isKnown
    ? [() => false, []]
    : await Promise.all([otherTroubles(db, incident, services, onset - NORMAL_S), listSignals(db, services)]);
  const list: Measured[] = [];
  for (const one of asked) {
    const series = seriesOf(one);
    const named = { name: nameOf(one), unit: one.unit, upper: one.upper, lower: one.lower };
    let before = known.get(series);
    if (before === undefined) {
      const looked = await read(source, one, { from: onset - NORMAL_S, to: run.startedAt / 1_000, minStep });
      if (!looked.ok) {
        list.push({ ...named, normal: [], ill: [], after: [], unread: looked.reason });
        continue;
      }
      before = {
        normal: looked.value.filter(([t]) => t < onset - ONSET_BLUR_S && !other(one.serviceId, t)),
        ill: looked.value.filter(([t]) => t >= onset && t < run.startedAt / 1_000),
        // Nothing is learned while an incident is open: this is the band from before.
        expected:
          watch.find(({ serviceId, name }) => serviceId === one.serviceId && name === one.name)?.expected ?? null,
      };
      known.set(series, before);
    }
    // By itself: the long window's steps are too wide for the minutes that decide.
    const after = await read(source, one, { from: since / 1_000, to: now / 1_000, minStep });
    if (!after.ok) {
      list.push({ ...named, ...before, after: [], unread: after.reason });
      continue;
    }
    // What is no more measured says nothing of now, whatever it said last.
    const fresh = (after.value.at(-1)?.[0] ?? 0) >= now / 1_000 - STALE_STEPS * minStep;
    list.push({ ...named, ...before, after: fresh ? after.value : [] });
  }
  return withoutEnded(list, await endedAlerts(db, incident.id));
}

/** What tells a series apart from others. */
const seriesOf = ({ query, labels }: IncidentSignal): string => JSON.stringify([query, labels]);

/** Alerts of an incident that their source has ended, as the names of what is measured. */
async function endedAlerts(db: Db, incidentId: string): Promise<Set<string>> {
  const alerts = await listAlertsOf(db, incidentId);
  const fires = new Set(alerts.filter(({ endsAt }) => endsAt === null).map(nameOf));
  return new Set(alerts.map(nameOf).filter((name) => !fires.has(name)));
}
const nameOf = ({ serviceId, name }: { serviceId: string; name: string }): string => `${serviceId} ${name}`;

/**
 * An expression may give nothing once its trouble is over: a share of failed requests where none fails. Where the source
 * has ended its alert, and something else is measured, its silence is no lack of data.
 */
function withoutEnded(list: Measured[], ended: ReadonlySet<string>): Measured[] {
  const told = list.filter(({ name, after, unread }) => after.length > 0 || unread !== undefined || !ended.has(name));
  return told.some(({ after }) => after.length > 0) ? told : list;
}

/** The points of the series that the signal is about: the worst of several at each moment. */
async function read(
  prometheus: SeriesReader,
  signal: IncidentSignal,
  range: { from: number; to: number; minStep: number },
): Promise<Looked<[number, number][]>> {
  const looked = await prometheus.range(signal.query, range);
  if (!looked.ok) return looked;
  const series = looked.value.filter(({ labels }) => fits(labels, signal.labels));
  const worst = new Map<number, number>();
  for (const { points } of series)
    for (const [t, value] of points) {
      const known = worst.get(t);
      const worse = signal.lower === null ? Math.max : Math.min;
      worst.set(t, known === undefined ? value : worse(known, value));
    }
  return found(
    looked.source,
    [...worst].toSorted(([a], [b]) => a - b),
  );
}

/** Labels that both have must agree: a rule's own labels are not on the series. */
export const fits = (labels: RangeSeries["labels"], wanted: Record<string, string>): boolean =>
  Object.entries(labels).every(([name, value]) => wanted[name] === undefined || wanted[name] === value);

const brief = ({ name, unit, ill, after, upper, lower }: Measured) => ({
  name,
  unit,
  upper,
  lower,
  before: ill.at(-1)?.[1] ?? null,
  after: after.at(-1)?.[1] ?? null,
  points: after.length,
});

/** How long the operation may take, in ms. */
function limitOf({ allowList }: ServiceContext, { args: { entry, ...args }, subjectId }: ActionRun): number {
  const prepared = prepare(allowList, String(entry), args, subjectId);
  return prepared.ok && "timeoutMs" in prepared.value.runs ? prepared.value.runs.timeoutMs : LONGEST_MS;
}

async function cutOff({ db, now }: ServiceContext, run: ActionRun): Promise<void> {
  const detail = "interrupted before it reported: unknown whether it was carried out; its effect is measured";
  await commit(db, {
    claims: [endRunClaim(db, run.id, { state: "cannot_tell", detail, endedAt: now })],
    events: [
      {
        at: now,
        type: "action.cut_off",
        serviceId: run.subjectId,
        incidentId: run.incidentId,
        text: `${actionName(run)} was ${detail}`,
        data: { run: run.id },
      },
    ],
  });
}
