import type { WouldHaveView } from "@/lib/contracts/agent-types";
import { integer, percent } from "@/components/ui/format";
import { ACT_PRECISION, LABELS_COUNT_DAYS } from "@/lib/core/scoring/would-have";

/** `83 % right (95 % interval 66–93 %): 25 right, 5 wrong, 12 not labelled`. */
export function precisionText({ precision, right, wrong, unlabelled }: WouldHaveView): string {
  const rest = `${integer(unlabelled)} not labelled`;
  if (precision === null)
    return unlabelled === 0 ? `none in the last ${LABELS_COUNT_DAYS} days` : `none labelled; ${rest}`;
  const { share, low, high } = precision;
  return `${percent(share)} right (95 % interval ${percent(low).replace(" %", "")}–${percent(high)}): ${integer(right)} right, ${integer(wrong)} wrong, ${rest}`;
}

/** Whether mode act is offered, or what it would take. */
export function offerText({ ready, needed, precision }: WouldHaveView): string {
  if (ready) return `Good enough for act mode: the lower end of the interval is at least ${percent(ACT_PRECISION)}.`;
  const now = precision === null ? "nothing is labelled" : `it is at ${percent(precision.low)}`;
  return `Act mode is offered once the lower end of the interval is at least ${percent(ACT_PRECISION)}; ${now}. ${integer(needed)} more ${needed === 1 ? "label" : "labels"}, all of them right, would be enough.`;
}
