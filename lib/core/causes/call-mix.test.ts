import { describe, expect, it } from "vitest";
import type { SpanStat } from "../evidence/bundle";
import { mixChanges } from "./call-mix";

/** A shop serves pages and orders; an order charges a card. Counts wobble a little from minute to minute. */
function minute(
  t: number,
  { pages = 500, orders = 40, charges = orders, queries = pages }: Record<string, number> = {},
): SpanStat[] {
  const n = (x: number) => Math.round(x * (1 + 0.03 * Math.sin(t)));
  return [
    { t, node: "shop", operation: "page", n: n(pages) },
    { t, node: "shop", operation: "order", n: n(orders) },
    { t, node: "shop", parent: "shop", operation: "query", n: n(queries) },
    { t, node: "bank", parent: "shop", operation: "charge", n: n(charges) },
  ];
}
const NORMAL = Array.from({ length: 10 }, (_, i) => minute(i * 60)).flat();

describe("calls that entries do not explain", () => {
  it("are none in a minute like the others, nor when there is merely more or other traffic", () => {
    expect(mixChanges(minute(700), NORMAL)).toEqual([]);
    expect(mixChanges(minute(700, { pages: 1500, orders: 120 }), NORMAL)).toEqual([]);
    expect(mixChanges(minute(700, { pages: 500, orders: 5 }), NORMAL)).toEqual([]);
  });

  it("are the caller's whose work stops before the call", () => {
    const [change] = mixChanges(minute(700, { charges: 1 }), NORMAL);
    expect(change).toMatchObject({ node: "shop", operation: "charge of bank", seen: 1 });
    expect(change!.strength).toBeGreaterThan(0.3);
  });

  it("can also be too many", () => {
    const [change] = mixChanges(minute(700, { charges: 400 }), NORMAL);
    expect(change).toMatchObject({ node: "shop", operation: "charge of bank" });
    expect(change!.seen).toBeGreaterThan(5 * change!.expected);
  });
});
