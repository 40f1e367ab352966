import { parseWebhook, WebhookBody } from "@/lib/contracts/alert-webhook";
import type { Bundle, Series } from "@/lib/core/bundle";
import { CHANGE_KINDS, type ChangeKind } from "@/lib/core/vocabulary";
import { type Db, type Statement, write } from "@/lib/db/client";
import { addEdge, enterService } from "@/lib/db/queries/services";
import { changes, logLines, recordedSeries } from "@/lib/db/schema";
import { newId } from "@/lib/loop/ids";
import { requestSweep } from "@/lib/loop/scheduler";
import { receiveAlerts } from "@/lib/loop/service/receive";
import { loadScenario } from "./scenarios";

/** Rows of one statement: libSQL takes some 32,000 parameters. */
const CHUNK = 2_000;

/**
 * Fires a recorded incident: its map, changes, logs and series come in as evidence, dated as if it happened now, and then
 * its alert, through the door that every alert comes in by. Returns the ids of the incidents that it opened or joined.
 * Throws not_found for a scenario that there is not.
 */
export async function fireScenario(db: Db, id: string, now: number): Promise<string[]> {
  const { alert, bundle } = await loadScenario(id, now);
  const normal = before(bundle);
  const lines = [...normal.logs, ...bundle.logs];
  const statements: Statement[] = [
    ...bundle.nodes.map(({ id: node, kind }) => enterService(db, node, "seed", now, kind ? { kind } : {})),
    ...bundle.edges.map(([caller, callee]) => addEdge(caller, callee, "seed", now)),
    ...bundle.changes.map(({ t, node, kind, summary }) =>
      db.insert(changes).values({
        id: newId("chg"),
        subjectKind: "service",
        subjectId: node,
        kind: isChangeKind(kind) ? kind : "config",
        at: Math.round(t * 1_000),
        declared: true,
        note: summary,
        source: `scenario ${id}`,
        status: "declared",
        createdAt: now,
      }),
    ),
    ...chunks(lines).map((chunk) =>
      db
        .insert(logLines)
        .values(chunk.map(({ t, node, line }) => ({ node, at: Math.round(t * 1_000), receivedAt: now, line }))),
    ),
    ...chunks(joined(normal.metrics, bundle.metrics), 50).map((chunk) =>
      db.insert(recordedSeries).values(
        chunk.map(({ node, metric, unit, points }) => ({
          id: newId("rec"),
          node,
          metric,
          unit: unit ?? null,
          points,
          from: points[0]?.[0] ?? 0,
          to: points.at(-1)?.[0] ?? 0,
          createdAt: now,
        })),
      ),
    ),
  ];
  await write(db, statements);
  const { alerts } = parseWebhook("alertmanager", WebhookBody.parse(alert), now);
  const { opened, joined: joins } = await receiveAlerts(db, `scenario:${id}`, alerts, now);
  requestSweep();
  return [...opened, ...joins];
}

/** The recorded normal time, laid right before the incident's recording: there a live incident looks for it. */
function before({ metrics, normal }: Bundle): Pick<Bundle, "metrics" | "logs"> {
  const starts = metrics.flatMap(({ points }) => points.slice(0, 1).map(([t]) => t));
  const ends = normal.metrics.flatMap(({ points }) => points.slice(-1).map(([t]) => t));
  if (starts.length === 0 || ends.length === 0) return normal;
  const shift = Math.min(...starts) - Math.max(...ends) - 1;
  return {
    metrics: normal.metrics.map((series) => ({
      ...series,
      points: series.points.map(([t, value]): [number, number] => [t + shift, value]),
    })),
    logs: normal.logs.map((line) => ({ ...line, t: line.t + shift })),
  };
}

const isChangeKind = (kind: string): kind is ChangeKind => (CHANGE_KINDS as readonly string[]).includes(kind);

function chunks<T>(rows: readonly T[], size = CHUNK): T[][] {
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, i) => rows.slice(i * size, (i + 1) * size));
}

/** What was normal and what was seen of a metric, as one series. */
function joined(normal: readonly Series[], seen: readonly Series[]): Series[] {
  const all = new Map<string, Series>();
  for (const series of [...normal, ...seen]) {
    const key = JSON.stringify([series.node, series.metric]);
    const known = all.get(key);
    all.set(key, known ? { ...known, points: [...known.points, ...series.points] } : series);
  }
  return [...all.values()].map((series) => ({ ...series, points: series.points.toSorted(([a], [b]) => a - b) }));
}
