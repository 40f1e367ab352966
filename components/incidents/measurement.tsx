"use client";

import { amount, limitText } from "@/lib/core/base/amounts";
import type { ActionRunView } from "@/lib/contracts/incidents";
import { metricName } from "@/components/status/words";

interface Measured {
  metric: string;
  samples: number;
  /** How far off before the action and after it: in sd of the baseline, or as a rate. Null is unknown. */
  before: number | null;
  now: number | null;
}

const isMeasured = (value: unknown): value is Measured =>
  typeof value === "object" && value !== null && "metric" in value && "samples" in value;

/** The same of a service's signal, in its own unit, with the limit that it has to keep. */
interface MeasuredSignal {
  name: string;
  upper: number | null;
  lower: number | null;
  before: number | null;
  after: number | null;
  points: number;
  /** Left out by runs that an earlier version judged. */
  unit?: string | null;
}

const isMeasuredSignal = (value: unknown): value is MeasuredSignal =>
  typeof value === "object" && value !== null && "name" in value && "points" in value;

const valueOf = (value: number | null | undefined, unit: string | null = null) =>
  value === null || value === undefined ? "unknown" : amount(value, unit);

/** The verdict in words and, folded, the numbers behind it. */
export function Measurement({ run }: { run: Pick<ActionRunView, "verification" | "detail"> }) {
  const { reason, evidence, series } = run.verification ?? {};
  const signals = Array.isArray(series) ? series.filter(isMeasuredSignal) : [];
  const rows = Array.isArray(evidence) ? evidence.filter(isMeasured) : [];
  return (
    <div className="space-y-1 text-xs text-ink-2">
      {run.detail ? <p>{run.detail}</p> : null}
      {typeof reason === "string" ? <p className="text-ink">{reason}</p> : null}
      {signals.map((signal, index) => (
        <p key={`${signal.name} ${index}`} className="num">
          {signal.name}: {valueOf(signal.before, signal.unit)} before, {valueOf(signal.after, signal.unit)} after (
          {[`${signal.points} values`, limitText(signal.upper, signal.lower, signal.unit ?? null)]
            .filter(Boolean)
            .join(", ")}
          )
        </p>
      ))}
      {rows.length > 0 ? (
        <details>
          <summary className="w-fit rounded-sm text-ink-3 hover:text-ink">
            {rows.length === 1 ? "1 metric measured" : `${rows.length} metrics measured`}
          </summary>
          <table className="num mt-1">
            <thead>
              <tr className="text-left text-ink-3 *:pr-4 *:font-medium">
                <th>Metric</th>
                <th>Samples</th>
                <th title="Deviation from the baseline: standard deviations, or a rate">Deviation before</th>
                <th title="Deviation from the baseline: standard deviations, or a rate">Deviation after</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row, index) => (
                <tr key={`${row.metric} ${index}`} className="*:pr-4">
                  <td>{metricName(row.metric)}</td>
                  <td>{row.samples}</td>
                  <td>{valueOf(row.before)}</td>
                  <td>{valueOf(row.now)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      ) : null}
    </div>
  );
}
