import type { ServiceRecording } from "@/lib/contracts/frozen-service";
import type { AlertRow } from "@/lib/db/queries/alerts";
import type { ActionRun } from "@/lib/db/queries/healing";
import type { Incident } from "@/lib/db/queries/incidents";
import type { IncidentSignal } from "@/lib/db/queries/signals";
import type { ServiceConfig } from "@/lib/config/services";
import type { SeriesReader } from "@/lib/evidence/traces";
import { fits } from "./measure-effect";

/** Before the onset, in seconds, that is recorded of what raised it: what verification compares with. */
const NORMAL_S = 3_660;
/** Most series of one query that are kept: of more, verification takes the worst. */
const SERIES_MAX = 50;

/** What raised the incident, as its source of metrics has it now, a part for each thing that was done. */
export async function recordingOf(
  incident: Incident,
  acts: readonly ActionRun[],
  alerts: readonly AlertRow[],
  signals: readonly IncidentSignal[],
  { watched, config }: { watched: SeriesReader | null; config: ServiceConfig },
  now: number,
): Promise<{ recording: ServiceRecording["parts"]; unread: ServiceRecording["unread"] }> {
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
    const series: ServiceRecording["parts"][number]["series"] = [];
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
