import type { Rng } from "./rng";

export const REGIONS = ["north", "south", "east", "west"] as const;
export const PRODUCTS = ["crates", "pallets", "parcels", "coolers"] as const;
export const MEASURES = ["revenue", "units", "returns"] as const;
export type Measure = (typeof MEASURES)[number];
export interface TableQuery {
  measure: Measure;
  region?: string | undefined;
  product?: string | undefined;
}
type Row = { region: string; product: string; month: number } & Record<Measure, number>;

/** One order book, in memory. */
export function createTable(rng: Rng) {
  const rows: Row[] = REGIONS.flatMap((region) =>
    PRODUCTS.flatMap(
      (product) =>
      Array.from({ length: 12 }, (_, month) => ({
        region, product, month: month + 1,
        revenue: Math.round(4000 * rng.lognormal(0.4)), units: Math.round(90 * rng.lognormal(0.3)), returns: Math.round(6 * rng.lognormal(0.5)),
      })), // prettier-ignore
    ),
  );
  return {
    /** Sums a measure over the rows that match; months as short lines, so that answers have some length to them. */
    query(measure: Measure, where: Omit<TableQuery, "measure">): string {
      const hits = rows.filter(
        (r) => (!where.region || r.region === where.region) && (!where.product || r.product === where.product),
      );
      const byMonth = Array.from({ length: 12 }, (_, m) =>
        hits.filter((r) => r.month === m + 1).reduce((sum, r) => sum + r[measure], 0),
      );
      const total = byMonth.reduce((a, b) => a + b, 0);
      return `${measure} total ${total} over ${hits.length} rows; by month ${byMonth.join(", ")}`;
    },
  };
}
export type Table = ReturnType<typeof createTable>;
