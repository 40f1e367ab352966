import { mergeEvidence, noEvidence, type Evidence } from "@/lib/agents/investigation/evidence";
import type { FrozenFile } from "@/lib/contracts/frozen-case";
import { openAnswer } from "@/lib/contracts/case-answer";
import { READING_SPECIALISTS } from "@/lib/contracts/frozen-service";
import { InvestigationReport } from "@/lib/contracts/investigations";
import type { Bundle, Series } from "@/lib/core/evidence/bundle";
import { firingText, marked } from "@/lib/core/evidence/bundle-marks";
import type { Db } from "@/lib/db/client";
import { type AlertRow, listAlertsOf } from "@/lib/db/queries/alerts";
import { listActionRunsOf, listProposalsOf } from "@/lib/db/queries/healing";
import type { Incident } from "@/lib/db/queries/incidents";
import { type InvestigationRow, listInvestigations, listTrajectory } from "@/lib/db/queries/investigations";
import { listEpisodesAmong } from "@/lib/db/queries/episodes";
import { listServicesAmong } from "@/lib/db/queries/services";
import { listIncidentSignals } from "@/lib/db/queries/signals";
import { SentinelError } from "@/lib/errors";
import type { Integrations } from "./context";
import { seriesReader } from "@/lib/evidence/traces";
import { operationsOf } from "./freeze-operations";
import { recordingOf } from "./freeze-recording";
import type { ServiceConfig } from "@/lib/config/services";

type Frozen = Omit<Extract<FrozenFile, { kind: "service" }>, "format" | "version" | "frozen_at">;

/** What freezing an incident of services reads beside the database. */
export interface FreezeReach extends Pick<Integrations, "watched" | "allowList"> {
  config: ServiceConfig;
}

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
    throw new SentinelError("conflict", {
      detail: "The incident has not been investigated yet, so there is no evidence to export",
    });
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
  const watched = seriesReader(db, reach.watched, signals, now);
  const { recording, unread } = await recordingOf(incident, acts, all, signals, { ...reach, watched }, now);
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
