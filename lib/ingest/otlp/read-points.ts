import { type Amounts, METRICS, NAMES } from "./aliases";
import { asName, attribute, identityOf, programOf } from "./identity";
import { isToldTwice, said, yes } from "./read-call";
import { short } from "./series";
import type { Item, Point } from "./shape";
import type { Tally } from "./tally";
import type { Reading } from "./told";

const DELTA = 1;
const CUMULATIVE = 2;

/** What counters of use say. A value of the moment (a gauge) counts nothing. */
export function* readPoints(items: readonly Item<Point>[], reading: Reading, tally: Tally): Generator<void> {
  for (const { source, record } of items) {
    yield;
    const program = programOf(source.resource);
    const amounts = isToldTwice(program, record.metric) ? null : amountsOf(record);
    if (amounts === null) {
      tally.add(source, record.metric, "kept_by_name");
      continue;
    }
    const session = attribute(NAMES.session, record.attributes, source.resource);
    const series = `${record.series}@${record.start.toString(36)}`;
    reading.told.push({
      signal: "metrics",
      kind: "usage",
      who: identityOf(source.resource, record.attributes, reading.identity),
      session: session === undefined ? null : String(session),
      trace: null,
      id: record.temporality === CUMULATIVE ? series : short(`${series}-${record.at.toString(36)}`),
      at: Math.round(record.at),
      amounts,
      ...(record.temporality === CUMULATIVE ? { since: record.start } : {}),
      ...(METRICS[record.metric]?.pricedElsewhere ? { pricedElsewhere: true as const } : {}),
      event: { model: asName(said("model", record.attributes)), tool: asName(said("tool", record.attributes)) },
    });
    tally.add(source, record.metric, "taken");
  }
}

/** What a point adds; null: nothing that is counted. */
function amountsOf({ metric, temporality, value, count, attributes }: Point): Amounts | null {
  const rule = METRICS[metric];
  if (!rule || (temporality !== DELTA && temporality !== CUMULATIVE)) return null;
  const adds = rule.by ? rule.words?.[String(attributes[rule.by])] : rule.adds;
  const number = Math.round((rule.of === "count" ? count : value) * (rule.scale ?? 1));
  if (!adds || number < 0) return null;
  const amounts: Amounts = {};
  for (const kind of adds) amounts[kind] = number;
  if (rule.failure && yes(said("success", attributes)) === false) amounts.failures = number;
  return amounts;
}
