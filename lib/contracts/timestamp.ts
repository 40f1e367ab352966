import { z } from "zod";

/** 1973 to 2286: what is outside was meant in other units, or is no time. */
const EARLIEST_MS = 1e11;
const LATEST_MS = 1e13;

export const isEpochMs = (value: number): boolean => value >= EARLIEST_MS && value <= LATEST_MS;

/** ISO 8601 with an offset, or epoch milliseconds; seconds by mistake are refused. */
export const timestamp = z.union([z.iso.datetime({ offset: true }), z.number().min(EARLIEST_MS).max(LATEST_MS)], {
  error: "expected an ISO 8601 time with offset, or epoch milliseconds",
});

/** A checked timestamp in whole epoch milliseconds. */
export const epochMs = (checked: z.infer<typeof timestamp>): number =>
  typeof checked === "number" ? Math.round(checked) : Date.parse(checked);

/** ISO 8601 with an offset, to the nanosecond if need be; in epoch milliseconds. */
export const isoTime = z.iso
  .datetime({ offset: true, error: "expected an ISO 8601 time with offset" })
  .transform((text) => Date.parse(text));
