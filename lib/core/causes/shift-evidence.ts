import { fromTo, inUnit } from "../base/amounts";
import type { Bundle } from "../evidence/bundle";
import { affinityOfMetric } from "./cause-kinds";
import { iso } from "../evidence/log-findings";
import { natureOf } from "./metric-kinds";
import { type Move, moveOf } from "./series-moves";
import { ELSEWHERE, type Onset, type WeightedEvidence, isOf, relatives } from "./weighted-evidence";

/** Series of what the target calls or is called by: over many series some move all the time. */
const RELATED_SERIES = 0.5;
/** A moved load is what work looks like; it is seldom the trouble itself. */
const LOAD_WEIGHT = 0.7;
/** Series that moved within themselves, for bundles without normal time. */
export function shiftEvidence(bundle: Bundle): { signs: WeightedEvidence[]; moves: Move[]; onset: Onset } {
  const near = relatives(bundle);
  const { node: target } = bundle.target;
  const place = (node: string) => (isOf(node, target) ? 1 : near.has(node) ? RELATED_SERIES : ELSEWHERE);
  const moves = bundle.metrics
    .flatMap((series) => moveOf(series) ?? [])
    .map((move) => ({ move, weight: weightOf(move) * place(move.series.node) }))
    .toSorted((a, b) => b.weight - a.weight);
  const signs = moves.map(({ move, weight }, i): WeightedEvidence => {
    const { metric, unit, node } = move.series;
    const grows = move.back === null && Math.abs(move.now - move.after) < 0.1 * Math.abs(move.after - move.before);
    return {
      finding: { id: `w${i + 1}`, kind: "metric_shift", node, at: move.at, strength: weight, text: moveText(move) },
      weight,
      affinity: affinityOfMetric(metric, unit, { rose: move.after > move.before || move.kind === "full", grows }),
      active: move.back === null,
    };
  });
  const sure = moves.filter(({ move, weight }) => weight >= 0.4 && move.kind !== "full").map(({ move }) => move.at);
  const at = sure.toSorted((a, b) => a - b)[0];
  const slot =
    bundle.metrics[0] === undefined
      ? 60
      : (bundle.metrics[0].points[1]?.[0] ?? 60) - (bundle.metrics[0].points[0]?.[0] ?? 0);
  return {
    signs,
    moves: moves.map(({ move }) => move),
    onset: at === undefined ? null : { at, from: at - slot, to: at },
  };
}

function weightOf({ series, kind, strength, before, after }: Move): number {
  const nature = natureOf(series.metric, series.unit);
  const better = nature.bad !== "both" && (after > before ? "up" : "down") !== nature.bad;
  const load = nature.kind === "traffic" || nature.kind === "level";
  return strength * (load && kind !== "stopped" ? LOAD_WEIGHT : 1) * (better && kind !== "stopped" ? 0.3 : 1);
}

const figure = (value: number): string =>
  Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(3)));

function moveText({ series: { node, metric, unit }, kind, at, back, before, after, now }: Move): string {
  const of = `${metric} of ${node}`;
  const said = (value: number) => inUnit(value, unit, figure);
  const moved = {
    rose: `rose ${fromTo(before, after, unit, figure)} at ${iso(at)}`,
    fell: `fell ${fromTo(before, after, unit, figure)} at ${iso(at)}`,
    stopped: `stopped: ${fromTo(before, 0, unit, figure)} at ${iso(at)}`,
    full: `at ${said(now)}, near its maximum throughout the data`,
  }[kind];
  return `${of} ${moved}${back === null ? "" : `; it recovered by ${iso(back)} and is at ${said(now)} now`}`;
}
