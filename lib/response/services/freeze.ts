import type { AllowList } from "@/lib/actions/service/allow-list";
import type { Entry } from "@/lib/actions/service/entry";
import { mergeEvidence, noEvidence, type Evidence } from "@/lib/agents/investigation/evidence";
import { type CaseOperation, type FrozenFile, openAnswer, READING_SPECIALISTS } from "@/lib/contracts/frozen-case";
import { InvestigationReport } from "@/lib/contracts/investigations";
import type { CauseKind } from "@/lib/core/base/vocabulary";
import type { Bundle, Series } from "@/lib/core/evidence/bundle";
import { firingText, marked } from "@/lib/core/evidence/bundle-marks";
import { covers, fill } from "@/lib/core/services/allow-list";
import type { Db } from "@/lib/db/client";
import { type AlertRow, listAlertsOf } from "@/lib/db/queries/alerts";
import { type ActionRun, listActionRunsOf, listProposalsOf, type Proposal } from "@/lib/db/queries/healing";
import type { Incident } from "@/lib/db/queries/incidents";
import { type InvestigationRow, listInvestigations, listTrajectory } from "@/lib/db/queries/investigations";
import { listEpisodesAmong } from "@/lib/db/queries/episodes";
import { type IncidentSignal, listIncidentSignals, listServicesAmong } from "@/lib/db/queries/services";
import { SentinelError } from "@/lib/errors";
import type { Integrations } from "./context";
import type { ServiceConfig } from "@/lib/config/services";
import { fits } from "./measure-effect";

type Frozen = Omit<Extract<FrozenFile, { kind: "service" }>, "format" | "version" | "frozen_at">;

/** What freezing an incident of services reads beside the database. */
export interface FreezeReach extends Pick<Integrations, "watched" | "allowList"> {
  config: ServiceConfig;
}

/** Before the onset, in seconds, that is recorded of what raised it: what verification compares with. */
const NORMAL_S = 3_660;
/** Most series of one query that are kept: of more, verification takes the worst. */
const SERIES_MAX = 50;

/**
 * An incident of services as a case: what had been read before anything was done, and how what raised it went on, a part for each thing
 * that was done. Throws `conflict` where nothing was investigated.
 */
export async function freezeServices(db: Db, incident: Incident, reach: FreezeReach, now: number): Promise<Frozen> {
  const [all, signals, runs, proposals] = await Promise.all([
    listAlertsOf(db, incident.id),
    listIncidentSignals(db, incident.id),
    listActionRunsOf(db, incident.id),
    listProposalsOf(db, incident.id),
  ]);
  const acts = runs.filter(({ state }) => state !== "failed");
  const until = acts[0]?.startedAt ?? now;
  const investigated = (await listInvestigations(db, incident.id)).filter(({ bundle }) => bundle !== null);
  // What was read after something had been done tells what that did.
  const before = investigated.filter(({ startedAt }) => startedAt < until).toReversed();
  const target = before[0]?.bundle?.target;
  if (target === undefined)
    throw new SentinelError("conflict", { detail: "It has not been investigated yet: there is no evidence to freeze" });
  const evidence = await evidenceOf(db, before);
  const alerts = all.filter(({ firstAt }) => firstAt < until);
  const bundle = seenBefore({ target, ...bundleParts(evidence) }, until / 1_000, alerts);
  const nodes = [
    ...new Set([bundle.target.node, ...bundle.nodes.map(({ id }) => id), ...alerts.map(({ serviceId }) => serviceId)]),
  ];
  const known = new Map((await listServicesAmong(db, nodes)).map((row) => [row.id, row]));
  const told = new Map(evidence.services.map((row) => [row.id, row]));
  const past = await listEpisodesAmong(
    db,
    evidence.similar.map(({ id }) => id),
  );
  const { recording, unread } = await recordingOf(incident, acts, all, signals, reach, now);
  return {
    kind: "service",
    id: incident.id,
    title: incident.title,
    evidence: {
      alerts: alerts.map((row) => ({
        source: row.sourceId,
        fingerprint: row.fingerprint,
        name: row.name,
        service: row.serviceId,
        severity: row.severity,
        summary: row.summary,
        labels: row.labels,
        annotations: row.annotations,
        generator_url: row.generatorUrl,
        starts_at: row.startsAt,
        received_at: row.firstAt,
      })),
      investigated_after_ms: Math.max(0, investigated[0]!.startedAt - incident.openedAt),
      bundle,
      unread: unreadBy(before[0]!),
      services: nodes.map((id) => ({
        id,
        kind: told.get(id)?.kind ?? known.get(id)?.kind ?? "service",
        owner: told.get(id)?.owner ?? known.get(id)?.owner ?? null,
        version: told.get(id)?.version ?? null,
      })),
      runbooks: evidence.runbooks.map(({ path, heading, body }) => ({ path, heading, body })),
      past_incidents: past.map((row) => ({
        id: row.incidentId,
        subject: row.subjectId,
        title: row.title,
        body: row.body,
        cause_node: row.causeNode,
        cause_kind: row.causeKind,
        features: row.features,
        action: row.action,
        outcome: row.outcome,
        feedback: row.feedback,
        closed_at: row.closedAt,
      })),
      measured: signals.map(({ serviceId: service, name, query, labels, unit, upper, lower }) => ({
        service,
        name,
        query,
        labels,
        unit,
        upper,
        lower,
      })),
      operations: operationsOf(reach.allowList, nodes, proposals),
    },
    recording: {
      pace: {
        watch_ms: reach.config.watchMs,
        settle_ms: reach.config.settleMs,
        verify_ms: reach.config.verifyMs,
        verify_deadline_ms: reach.config.verifyDeadlineMs,
      },
      parts: recording,
      unread,
    },
    answer: openAnswer(),
  };
}

const bundleParts = ({ nodes, edges, metrics, logs, spans, changes, normal }: Evidence): Omit<Bundle, "target"> => ({
  nodes,
  edges,
  metrics,
  logs,
  spans,
  changes,
  normal,
});

/** What the specialists of an investigation could not read, each once. */
function unreadBy({ report }: InvestigationRow): Frozen["evidence"]["unread"] {
  const { data } = InvestigationReport.safeParse(report);
  const all = (data?.couldNotLook ?? []).flatMap(({ node, source, reason }) => {
    const specialist = READING_SPECIALISTS.find((one) => one === node);
    return specialist === undefined ? [] : [{ specialist, source, reason }];
  });
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
}

/** Everything that these investigations (the latest first) read. */
async function evidenceOf(db: Db, investigations: readonly InvestigationRow[]): Promise<Evidence> {
  let all = noEvidence();
  for (const { id, bundle } of investigations) {
    all = mergeEvidence(all, bundle!);
    for (const { tool, result } of await listTrajectory(db, id)) {
      if (!Array.isArray(result)) continue;
      if (tool === "get_service_metadata") all = mergeEvidence(all, { services: result as Evidence["services"] });
      if (tool === "search_past_incidents") all = mergeEvidence(all, { similar: result as Evidence["similar"] });
      if (tool === "read_runbook") all = mergeEvidence(all, { runbooks: result as Evidence["runbooks"] });
    }
  }
  return all;
}

/** Without what was seen from `until` (epoch seconds) on, and without what a look tells of the alerts by itself. */
function seenBefore(bundle: Bundle, until: number, alerts: readonly AlertRow[]): Bundle {
  const told = new Set(alerts.map((alert) => marked("state", firingText(alert.name, alert.summary))));
  const cut = (series: readonly Series[]) =>
    series
      .map((one) => ({ ...one, points: one.points.filter(([t]) => t < until) }))
      .filter(({ points }) => points.length > 0);
  return {
    ...bundle,
    metrics: cut(bundle.metrics),
    logs: bundle.logs.filter(({ t, line }) => t < until && !told.has(line)),
    spans: bundle.spans.filter(({ t }) => t < until),
    changes: bundle.changes.filter(({ t }) => t < until),
  };
}

/** What raised the incident, as its source of metrics has it now, a part for each thing that was done. */
async function recordingOf(
  incident: Incident,
  acts: readonly ActionRun[],
  alerts: readonly AlertRow[],
  signals: readonly IncidentSignal[],
  { watched, config }: FreezeReach,
  now: number,
): Promise<{ recording: Frozen["recording"]["parts"]; unread: Frozen["recording"]["unread"] }> {
  const end = Math.min(now, (incident.closedAt ?? now) + config.verifyDeadlineMs);
  const first = incident.onsetAt - NORMAL_S * 1_000;
  const bounds = [first, ...acts.map(({ startedAt }) => startedAt)];
  const minStep = Math.max(1, Math.round(config.watchMs / 1_000));
  const unread = new Map<string, { source: string; reason: string }>();
  const cannot = (source: string, reason: string) => void unread.set(`${source} ${reason}`, { source, reason });
  if (watched === null && signals.length > 0) cannot("metrics", "no Prometheus is configured");
  const recording = [];
  for (const [i, from] of bounds.entries()) {
    const run = acts[i - 1];
    const next = bounds[i + 1] ?? Infinity;
    const to = Math.min(end, next - 1, run?.undoneAt ?? Infinity);
    const series: Frozen["recording"]["parts"][number]["series"] = [];
    for (const one of signals) {
      if (watched === null) break;
      const looked = await watched.range(one.query, { from: from / 1_000, to: to / 1_000, minStep });
      if (!looked.ok) cannot(looked.source, looked.reason);
      else
        for (const { labels, points } of looked.value
          .filter((found) => fits(found.labels, one.labels))
          .slice(0, SERIES_MAX))
          series.push({ query: one.query, labels, points });
    }
    const ended = alerts.flatMap(({ sourceId, fingerprint, startsAt, endsAt }) =>
      endsAt !== null && endsAt >= from && endsAt < next
        ? [{ source: sourceId, fingerprint, starts_at: startsAt, at: endsAt }]
        : [],
    );
    recording.push({ from: from / 1_000, act: run === undefined ? null : actOf(run), series, ended });
  }
  return { recording, unread: [...unread.values()] };
}

function actOf({ action, args: { entry, ...args }, subjectId, outcome }: ActionRun) {
  const isOperation = action !== "manual" && typeof entry === "string";
  return {
    operation: isOperation ? entry : "manual",
    service: subjectId,
    args: (isOperation ? args : {}) as Record<string, string>,
    outcome,
  };
}

/** What could be done: what the allow-list has for these services, and what was proposed and is no longer on it. */
function operationsOf(
  { entries }: AllowList,
  nodes: readonly string[],
  proposals: readonly Proposal[],
): CaseOperation[] {
  const offered = [...entries.values()].filter(
    ({ services, remedies }) =>
      remedies.length > 0 && nodes.some((node) => services.some((pattern) => covers(pattern, node))),
  );
  const undoing = offered.flatMap(({ undo }) => (undo ? (entries.get(undo.action) ?? []) : []));
  const listed = new Map([...offered, ...undoing].map((entry) => [entry.name, operationOf(entry)]));
  for (const proposal of proposals) {
    const { entry } = proposal.args;
    if (typeof entry !== "string" || listed.has(entry)) continue;
    listed.set(entry, {
      name: entry,
      title: proposal.considered?.operation?.title ?? entry,
      services: [...new Set(proposals.filter(({ args }) => args["entry"] === entry).map(({ subjectId }) => subjectId))],
      remedies: [],
      risk: proposal.risk,
      reversible: proposal.reversible,
      undo: null,
      blast_radius: proposal.blastRadius,
      destroys_evidence: false,
      params: {},
    });
  }
  return [...listed.values()];
}

const operationOf = ({
  name,
  title,
  services,
  remedies,
  risk,
  reversible,
  undo,
  blastRadius,
  destroysEvidence,
  params,
  spec,
}: Entry): CaseOperation => ({
  name,
  title,
  services,
  remedies: remedies as CauseKind[],
  risk,
  reversible,
  undo: undo && { action: undo.action, ...(undo.args && { args: undo.args }) },
  blast_radius:
    spec.kind === "open_rollback_pr" ? fill(blastRadius, { repository: `${spec.owner}/${spec.repo}` }) : blastRadius,
  destroys_evidence: destroysEvidence,
  params,
});
