import type { ServiceSeries } from "@/lib/contracts/services";
import type { Db } from "@/lib/db/client";
import { getService } from "@/lib/db/queries/services";
import { listSignals } from "@/lib/db/queries/signals";
import { signalTitle } from "@/lib/core/services/signals";
import { seriesReader } from "@/lib/evidence/traces";
import { unreadOf, unreadText } from "@/lib/evidence/looked";
import { processIntegrations } from "@/lib/runtime/integrations";

const MINUTE_MS = 60_000;

/** The signals of a service over the last minutes, read from their source now. Throws not_found. */
export async function serviceSeries(
  db: Db,
  id: string,
  minutes: number,
  now: number,
  signal: AbortSignal,
): Promise<ServiceSeries> {
  await getService(db, id);
  const from = now - minutes * MINUTE_MS;
  const [{ watched }, signals] = await Promise.all([processIntegrations(), listSignals(db, [id])]);
  const source = seriesReader(db, watched, signals, now);
  if (source === null) return { from, to: now, series: [], could_not_look: "no Prometheus is configured" };
  const looks = await Promise.all(
    signals.map(async (row) => ({
      row,
      looked: await source.range(row.query, { from: from / 1_000, to: now / 1_000 }, signal),
    })),
  );
  const blind = looks.length > 0 && looks.every(({ looked }) => !looked.ok);
  return {
    from,
    to: now,
    series: looks.map(({ row, looked }) => ({
      name: row.name,
      title: signalTitle(row.name),
      unit: row.unit,
      points: (looked.ok ? (looked.value[0]?.points ?? []) : []).map(([t, value]) => [Math.round(t * 1_000), value]),
      could_not_look: unreadText(unreadOf([looked])) || null,
    })),
    could_not_look: blind ? unreadText(unreadOf(looks.map(({ looked }) => looked))) : null,
  };
}
