import { parseWebhook } from "@/lib/ingest/sources/alertmanager/parse";
import { WebhookBody } from "@/lib/ingest/sources/alertmanager/schema";
import type { Alert } from "@/lib/core/alerts/alert";
import { CHANGE_KINDS, type ChangeKind } from "@/lib/core/base/vocabulary";
import { type Db, type Statement, write } from "@/lib/db/client";
import { addEdge, enterService } from "@/lib/db/queries/services";
import { changes, logLines, recordedSeries } from "@/lib/db/schema";
import { newId } from "@/lib/db/ids";
import { receiveAlerts } from "@/lib/ingest/receive-alerts";
import type { LoadedScenario } from "./scenarios";

/** Rows of one statement: libSQL takes some 32,000 parameters. */
const CHUNK = 2_000;
const SERIES_CHUNK = 50;

/** Whom evidence of a recording comes from. It does not say which recording: its name tells the cause. */
export const RECORDING = "recording";

/**
 * Lays a recorded incident out in a database: its map, changes, logs and series come in as evidence, and then its alert,
 * through the function that every alert comes in by. Returns the id of the incident that it opened or joined.
 */
export async function loadRecording(db: Db, scenario: LoadedScenario, now: number): Promise<string> {
  const { bundle, recorded, lines } = scenario;
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
        source: RECORDING,
        status: "declared",
        createdAt: now,
      }),
    ),
    ...chunks(lines, CHUNK).map((chunk) =>
      db
        .insert(logLines)
        .values(chunk.map(({ t, node, line }) => ({ node, at: Math.round(t * 1_000), receivedAt: now, line }))),
    ),
    ...chunks(recorded, SERIES_CHUNK).map((chunk) =>
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
  const { opened, joined } = await receiveAlerts(db, RECORDING, alertsOf(scenario, now), now);
  const [incident] = [...opened, ...joined];
  if (incident === undefined) throw new Error(`The alert of ${scenario.id} opened no incident`);
  return incident;
}

/** A recording's alert as it was parsed, firing or ended at a moment (epoch ms). */
export function alertsOf({ alert }: LoadedScenario, now: number, status: "firing" | "resolved" = "firing"): Alert[] {
  const message =
    status === "firing"
      ? alert
      : {
          ...alert,
          status,
          alerts: alert.alerts.map((one) => ({ ...one, status, endsAt: new Date(now).toISOString() })),
        };
  return parseWebhook("alertmanager", WebhookBody.parse(message), now).alerts;
}

const isChangeKind = (kind: string): kind is ChangeKind => (CHANGE_KINDS as readonly string[]).includes(kind);

function chunks<T>(rows: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, i) => rows.slice(i * size, (i + 1) * size));
}
