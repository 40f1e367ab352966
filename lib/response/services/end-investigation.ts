import type { Investigation } from "@/lib/agents/investigation/investigate";
import type { InvestigationReport } from "@/lib/contracts/investigations";
import type { Bundle, Finding } from "@/lib/core/evidence/bundle";
import { moveIncident } from "@/lib/core/base/lifecycle";
import { type Db, type Statement } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { getIncident, type Incident, incidentClaim } from "@/lib/db/queries/incidents";
import { dropFindings, type InvestigationRow, investigationClaim } from "@/lib/db/queries/investigations";
import { causes, findings } from "@/lib/db/schema";
import { log } from "@/lib/log";
import { newId } from "@/lib/db/ids";
import { Plan } from "@/lib/db/plan";
import { planRemedy } from "./propose";
import type { ServiceContext } from "./context";

/** Somebody closed the incident, or moved it on, while it was looked at: what would come of it is not asked for any more. */
export const endInvestigation = (db: Db, row: InvestigationRow, { state }: Incident, now: number) =>
  commit(db, {
    claims: [
      investigationClaim(db, row, {
        state: "failed",
        endedAt: now,
        cutShort: `the incident moved to "${state.replaceAll("_", " ")}" before the investigation finished`,
      }),
    ],
  });

/** Everything that came of it, and what is proposed, as one commit. Lost when the incident moved meanwhile. */
export async function finishInvestigation(
  ctx: ServiceContext,
  row: InvestigationRow,
  incidentId: string,
  done: Investigation,
): Promise<void> {
  const { db } = ctx;
  const now = ctx.clock();
  const incident = await getIncident(db, incidentId);
  if (incident.state !== "investigating") return void (await endInvestigation(db, row, incident, now));
  for (const { source, reason } of done.couldNotLook)
    log().warn({ incident: incidentId, source, reason }, `could not read ${source}`);
  const ids = new Map(done.findings.map((finding) => [finding.id, newId("fnd")]));
  const cites: Cites = (list) => list.flatMap((id) => ids.get(id) ?? []);
  const rows = causeRows(done, row, cites, now);
  const first = done.hypotheses[0];
  const plan = new Plan()
    .claim(investigationClaim(db, row, { state: "done", endedAt: now, ...resultOf(done, cites) }))
    .write(
      ...dropFindings(incidentId),
      ...insertAll(findingRows(done, incident, ids), (list) => db.insert(findings).values(list)),
      ...insertAll(rows, (list) => db.insert(causes).values(list)),
    )
    .tell({
      at: now,
      type: "incident.diagnosed",
      incidentId,
      serviceId: first?.node ?? null,
      text: done.messages.summary,
      data: {
        verdict: done.verdict,
        confidence: first?.confidence ?? null,
        findings: done.findings.length,
        authors: done.authors,
      },
    });
  await planRemedy(plan, ctx, incident, done, rows[0]?.cites ?? [], {
    causeNode: first?.node ?? null,
    causeKind: first?.kind ?? "unknown",
    confidence: first?.confidence ?? null,
  });
  if (!(await commit(db, plan))) log().info({ investigation: row.id }, "an investigation's result came too late");
}

/** Ids of stored findings, for the analysis's own. */
type Cites = (list: readonly string[]) => string[];

const causeRows = (done: Investigation, row: InvestigationRow, cites: Cites, now: number) =>
  done.hypotheses.map((hypothesis, rank) => ({
    id: newId("cau"),
    incidentId: row.incidentId,
    investigationId: row.id,
    rank,
    node: hypothesis.node,
    kind: hypothesis.kind,
    statement: hypothesis.statement,
    confidence: hypothesis.confidence,
    raw: hypothesis.raw ?? hypothesis.confidence,
    cites: cites(hypothesis.cites),
    separates: hypothesis.separates ?? null,
    author: done.authors["hypotheses"] ?? "local",
    notes: hypothesis.notes.map((note) => ({ ...note, cites: cites(note.cites) })),
    at: now,
  }));

const findingRows = (done: Investigation, incident: Incident, ids: ReadonlyMap<string, string>) =>
  done.findings.map((finding) => ({
    id: ids.get(finding.id)!,
    incidentId: incident.id,
    kind: finding.kind,
    title: finding.text,
    source: finding.node ?? "incident",
    detail: {
      node: finding.node,
      strength: finding.strength,
      ref: finding.id,
      ...changeOf(finding, done.bundle),
    },
    at: Math.round((finding.at ?? incident.onsetAt / 1_000) * 1_000),
  }));

/** What is kept of an investigation beside its findings and causes. */
const resultOf = (done: Investigation, cites: Cites) => ({
  cutShort: done.outcome.kind === "complete" ? null : done.outcome.why,
  bundle: done.bundle,
  onset: done.onset,
  verdict: done.verdict,
  ranking: done.ranking.map((node) => ({ ...node, findings: cites(node.findings) })),
  summary: done.messages.summary,
  slack: JSON.stringify(done.messages.slack),
  statusLine: done.messages.statusLine,
  report: {
    skeptic: done.skeptic,
    removed: done.removed,
    written: done.written.map((claim) => ({ ...claim, cites: cites(claim.cites) })),
    couldNotLook: done.couldNotLook,
    similar: done.similar,
    blastRadius: done.blastRadius,
    remedy: done.remedy,
    reports: done.reports,
    models: done.models,
  } satisfies InvestigationReport,
  authors: done.authors,
  spent: done.spent,
});

/** Which kind of change a finding is about: what past blame is reckoned by. */
function changeOf(finding: Finding, { changes }: Bundle): { change_kind?: string } {
  const change =
    finding.kind === "change" ? changes.find(({ node, t }) => node === finding.node && t === finding.at) : undefined;
  return change ? { change_kind: change.kind } : {};
}

const insertAll = <T>(rows: readonly T[], insert: (rows: T[]) => Statement): Statement[] =>
  rows.length > 0 ? [insert([...rows])] : [];

export const giveUpInvestigation = (db: Db, row: InvestigationRow, incident: Incident, now: number) =>
  commit(db, {
    claims: [
      investigationClaim(db, row, { state: "failed", endedAt: now, cutShort: `it failed ${row.attempt} times` }),
      incidentClaim(db, incident, { state: moveIncident(incident.state, "escalated") }),
    ],
    events: [
      {
        at: now,
        type: "incident.escalated",
        incidentId: incident.id,
        text: `Needs attention: the investigation failed ${row.attempt} times`,
        data: { page: true },
      },
    ],
  });
