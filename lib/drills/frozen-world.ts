import type { AllowList } from "@/lib/actions/service/allow-list";
import type { FrozenService } from "@/lib/contracts/frozen-case";
import { type ParsedBundle, parseBundle } from "@/lib/contracts/bundle";
import type { Alert } from "@/lib/core/alerts/alert";
import type { Bundle, Series } from "@/lib/core/evidence/bundle";
import { type Db, type Statement, write } from "@/lib/db/client";
import { listActionRunsOf } from "@/lib/db/queries/healing";
import { addEdge, describeService, enterService } from "@/lib/db/queries/services";
import { dropIncidentSignals } from "@/lib/db/queries/signals";
import { changes, incidentSignals, logLines, signals } from "@/lib/db/schema";
import { episodeWrites } from "@/lib/evidence/episodes";
import { pushedLogs } from "@/lib/evidence/logs-pushed";
import type { RangeSeries } from "@/lib/evidence/prometheus";
import { replaceRunbooks } from "@/lib/evidence/runbooks";
import { receiveAlerts } from "@/lib/ingest/receive-alerts";
import type { Integrations } from "@/lib/response/services/context";
import { readersAsThen } from "./frozen-readers";
import { alertOf, changeRow, joined } from "./frozen-rows";
import { RECORDED_OPERATOR, recordedMetrics } from "./recording";
import { type Played, playedStretches, pointsBetween } from "./timeline";

/** Rows of one statement: libSQL takes some 32,000 parameters. */
const CHUNK = 2_000;

/**
 * The world of a frozen incident, in a database of its own: what was known then becomes known at the times at which it was, and what follows
 * something that is done is what was recorded after it, or nothing. Times are those of the incident.
 */
export class FrozenWorld {
  readonly #bundle: Bundle;
  /** What an investigation asks for each series by: names of metrics need not be such that a query can hold them. */
  readonly #queries: Map<string, Series>;
  #known = 0;
  incident: string | null = null;

  private constructor(
    readonly db: Db,
    readonly of: FrozenService,
    bundle: Bundle,
  ) {
    this.#bundle = bundle;
    const series = joined(bundle);
    this.#queries = new Map(series.map((one, i) => [`recorded_${i}`, one]));
  }

  /** Lays out what was known from the start: services and how they call one another, runbooks, past incidents. Throws for a bundle that is none. */
  static async open(db: Db, of: FrozenService): Promise<FrozenWorld> {
    const parsed: ParsedBundle = parseBundle(of.evidence.bundle);
    if (!parsed.ok) throw new Error(`evidence.bundle.${parsed.error}`);
    const world = new FrozenWorld(db, of, parsed.bundle);
    const { services: known, past_incidents: past, runbooks } = of.evidence;
    const now = world.startsAt;
    const kinds = new Map(parsed.bundle.nodes.flatMap(({ id, kind }) => (kind ? [[id, kind]] : [])));
    const named = new Set([...known.map(({ id }) => id), ...kinds.keys(), ...parsed.bundle.edges.flat()]);
    await write(db, [
      ...[...named].map((id) => enterService(db, id, "seed", now, { kind: kinds.get(id) ?? "service" })),
      ...known.map(({ id, kind, owner, version }) => describeService(db, id, { kind, owner, version })),
      ...parsed.bundle.edges.map(([caller, callee]) => addEdge(caller, callee, "seed", now)),
      ...[...world.#queries].map(([query, { node, metric, unit }]) =>
        db
          .insert(signals)
          .values({ serviceId: node, name: metric, query, unit: unit ?? null, since: now })
          .onConflictDoNothing(),
      ),
      ...past.flatMap((one) =>
        episodeWrites(db, {
          incidentId: one.id,
          subjectKind: "service",
          subjectId: one.subject,
          title: one.title,
          body: one.body,
          causeNode: one.cause_node,
          causeKind: one.cause_kind,
          features: one.features,
          action: one.action,
          outcome: one.outcome,
          feedback: one.feedback,
          closedAt: one.closed_at,
        }),
      ),
    ]);
    await replaceRunbooks(db, runbooks, now);
    return world;
  }

  /** When its first alert came in, epoch ms. */
  get startsAt(): number {
    return Math.min(...this.of.evidence.alerts.map(({ received_at: at }) => at));
  }

  /** When all that was known before anything was done is known, epoch ms. */
  get toldBy(): number {
    return Math.max(...this.of.evidence.alerts.map(({ received_at: at }) => at));
  }

  /** Time has come so far: what was known by then is known now. */
  async tell(now: number): Promise<void> {
    const { db, of } = this;
    const isNew = (at: number) => at > this.#known && at <= now;
    const lines = [...this.#bundle.normal.logs, ...this.#bundle.logs].filter(({ t }) => isNew(t * 1_000));
    const changed = this.#bundle.changes.filter(({ t }) => isNew(t * 1_000));
    const statements: Statement[] = changed.map((one) => db.insert(changes).values(changeRow(one, now)));
    for (let from = 0; from < lines.length; from += CHUNK)
      statements.push(
        db
          .insert(logLines)
          .values(
            lines
              .slice(from, from + CHUNK)
              .map(({ t, node, line }) => ({ node, at: Math.round(t * 1_000), receivedAt: now, line })),
          ),
      );
    if (statements.length > 0) await write(db, statements);
    const firing = of.evidence.alerts
      .filter(({ received_at: at }) => isNew(at))
      .map((one) => ({ source: one.source, alert: alertOf(one, null) }));
    for (const { source, alert } of [...firing, ...(await this.#ended(now))]) {
      const { opened, joined: to } = await receiveAlerts(db, source, [alert], now);
      this.incident ??= opened[0] ?? to[0] ?? null;
    }
    if (firing.length > 0) await this.#measureAsThen();
    this.#known = now;
  }

  /** Recovery is told from the very series that told it then. */
  async #measureAsThen(): Promise<void> {
    const { db, incident, of } = this;
    if (incident === null) return;
    await write(db, [
      dropIncidentSignals(db, incident),
      ...of.evidence.measured.map(({ service, ...rest }) =>
        db.insert(incidentSignals).values({ incidentId: incident, serviceId: service, ...rest }),
      ),
    ]);
  }

  async #played(): Promise<Played<FrozenService["recording"]["parts"][number]>[]> {
    const runs = this.incident === null ? [] : await listActionRunsOf(this.db, this.incident);
    const done = runs
      .filter(({ state }) => state !== "failed")
      .map(({ args: { entry, ...args }, subjectId, startedAt }) => ({
        operation: String(entry),
        service: subjectId,
        args,
        at: startedAt / 1_000,
      }));
    return playedStretches(this.of.recording.parts, done);
  }

  /** Alerts that have ended by now, as they did then: by themselves, or so long after what was done. */
  async #ended(now: number): Promise<{ source: string; alert: Alert }[]> {
    const played = await this.#played();
    return played.flatMap(({ at, stretch }, i) =>
      (stretch?.ended ?? []).flatMap((one) => {
        const ends = one.at + (at - stretch!.from) * 1_000;
        const alert = this.of.evidence.alerts.find(
          ({ source, fingerprint, starts_at: starts }) =>
            source === one.source && fingerprint === one.fingerprint && starts === one.starts_at,
        );
        const isDue = ends > this.#known && ends <= now && ends < (played[i + 1]?.at ?? Infinity) * 1_000;
        return alert !== undefined && isDue ? [{ source: one.source, alert: alertOf(alert, ends) }] : [];
      }),
    );
  }

  async #measured(query: string, from: number, to: number): Promise<RangeSeries[]> {
    const played = await this.#played();
    const all = new Map(
      this.of.recording.parts.flatMap(({ series }) =>
        series.filter((one) => one.query === query).map(({ labels }) => [JSON.stringify(labels), labels]),
      ),
    );
    return [...all].flatMap(([key, labels]) => {
      const pointsOf = ({ series }: FrozenService["recording"]["parts"][number]) =>
        series.find((one) => one.query === query && JSON.stringify(one.labels) === key)?.points ?? [];
      const points = pointsBetween(played, pointsOf, from, to);
      return points.length === 0 ? [] : [{ labels, points }];
    });
  }

  /** All that playing it can reach: this world, and models where there are any. No program, webhook, repository or live source. */
  integrations(chains: Integrations["chains"]): Integrations {
    return {
      prometheus: recordedMetrics(async (query, from, to) => {
        const { points = [] } = this.#queries.get(query) ?? {};
        const seen = points.filter(([t]) => t >= from && t <= to);
        return seen.length === 0 ? [] : [{ labels: {}, points: seen }];
      }),
      watched: recordedMetrics((query, from, to) => this.#measured(query, from, to)),
      logs: () => [pushedLogs(this.db)],
      kubernetes: null,
      repositories: null,
      asThen: (readers) =>
        readersAsThen(readers, { bundle: this.#bundle, unread: this.of.evidence.unread, known: () => this.#known }),
      allowList: this.#operations(),
      operator: RECORDED_OPERATOR,
      chains,
      embedder: null,
    };
  }

  /** What could be done then, each doing nothing but to be noted. */
  #operations(): AllowList {
    const entries = this.of.evidence.operations.map(
      ({ blast_radius: blastRadius, destroys_evidence: destroysEvidence, undo, ...rest }) => ({
        ...rest,
        undo: undo && { action: undo.action, ...(undo.args && { args: undo.args }) },
        blastRadius,
        destroysEvidence,
        spec: { kind: "replay" as const, shown: ["case", rest.name, "{service}"] },
      }),
    );
    return { entries: new Map(entries.map((entry) => [entry.name, entry])) };
  }
}
