import type { FrozenService } from "@/lib/contracts/frozen-case";
import type { Alert } from "@/lib/core/alerts/alert";
import { CHANGE_KINDS } from "@/lib/core/base/vocabulary";
import type { Bundle, BundleChange, Series } from "@/lib/core/evidence/bundle";
import type { changes } from "@/lib/db/schema";
import { newId } from "@/lib/db/ids";
import { readToldBy } from "@/lib/evidence/changes";

/** Each series with its normal time before it. */
export function joined({ metrics, normal }: Bundle): Series[] {
  const all = new Map<string, Series>();
  for (const one of [...normal.metrics, ...metrics]) {
    const key = JSON.stringify([one.node, one.metric]);
    const known = all.get(key);
    const after = known?.points.at(-1)?.[0] ?? -Infinity;
    all.set(key, known ? { ...known, points: [...known.points, ...one.points.filter(([t]) => t > after)] } : one);
  }
  return [...all.values()];
}

/** A change as the log of changes would have it, so that it is told in the same words: who told of it stands at the end of its summary. */
export function changeRow({ t, node, kind, summary }: BundleChange, now: number): typeof changes.$inferInsert {
  const open = summary.lastIndexOf(" (");
  const isTold = summary.endsWith(")") && open >= 0;
  const by = isTold ? summary.slice(open + 2, -1) : "kubernetes";
  return {
    id: newId("chg"),
    subjectKind: "service",
    subjectId: node,
    kind: CHANGE_KINDS.find((known) => known === kind) ?? "config",
    at: Math.round(t * 1_000),
    ...readToldBy(by),
    note: isTold ? summary.slice(0, open) : summary,
    status: "declared",
    createdAt: now,
  };
}

type CaseAlert = FrozenService["evidence"]["alerts"][number];

/** An alert as its sender told it; `endsAt` null: it fires. */
export const alertOf = (
  { source: _source, generator_url: generatorUrl, starts_at: startsAt, received_at: _at, ...rest }: CaseAlert,
  endsAt: number | null,
): Alert => ({
  ...rest,
  source: "generic",
  status: endsAt === null ? "firing" : "resolved",
  startsAt,
  startGiven: true,
  endsAt,
  generatorUrl,
  value: null,
});
