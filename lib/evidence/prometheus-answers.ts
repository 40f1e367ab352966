import { z } from "zod";

/** What Prometheus' HTTP API answers, as far as it is read; unknown fields pass. Labels and texts are untrusted. */

const labels = z.record(z.string(), z.string());
/** A value is text, so that NaN and infinities survive JSON. */
const point = z.tuple([z.number(), z.string()]);

/** Thanos and Mimir say in `warnings` what was missing, VictoriaMetrics' cluster in `isPartial`. Go writes an empty list as null. */
const envelope = <T extends z.ZodType>(data: T) =>
  z.object({
    status: z.literal("success"),
    data,
    warnings: z.array(z.string()).nullish(),
    isPartial: z.boolean().nullish(),
  });

/** A list; null is one without members. */
const listOf = <T extends z.ZodType>(member: T) => z.preprocess((given) => given ?? [], z.array(member));

/**
 * A result of the wanted type. Cortex and its kin answer a query that matches nothing with `{"resultType":"","result":null}`,
 * others with no data at all: an empty result of any type.
 */
const resultOf = <T extends z.ZodType>(resultType: "vector" | "matrix", data: T) =>
  z.preprocess((given) => {
    if (given === null) return { resultType, result: [] };
    if (typeof given !== "object" || !("resultType" in given) || !("result" in given)) return given;
    const empty = given.result === null || (given.resultType === "" && Array.isArray(given.result) && given.result.length === 0); // prettier-ignore
    return empty ? { resultType, result: [] } : given;
  }, data);

export const Refusal = z.object({ status: z.literal("error"), errorType: z.string().optional(), error: z.string() });

export const VectorAnswer = envelope(
  resultOf(
    "vector",
    z.discriminatedUnion("resultType", [
      z.object({
        resultType: z.literal("vector"),
        result: z.array(z.object({ metric: labels, value: point.nullish() })),
      }),
      z.object({ resultType: z.literal("scalar"), result: point }),
      z.object({ resultType: z.literal("string"), result: point }),
      z.object({ resultType: z.literal("matrix"), result: z.array(z.unknown()) }),
    ]),
  ),
);

export const MatrixAnswer = envelope(
  resultOf(
    "matrix",
    z.discriminatedUnion("resultType", [
      z.object({
        resultType: z.literal("matrix"),
        result: z.array(z.object({ metric: labels, values: z.array(point).nullish() })),
      }),
      z.object({ resultType: z.enum(["vector", "scalar", "string"]), result: z.unknown() }),
    ]),
  ),
);

export const NamesAnswer = envelope(listOf(z.string()));
export const SeriesAnswer = envelope(listOf(labels));

export const TargetsAnswer = envelope(
  z.object({
    activeTargets: z.array(
      z.object({
        labels,
        scrapePool: z.string().optional(),
        health: z.enum(["up", "down", "unknown"]),
        lastError: z.string().default(""),
        lastScrape: z.string().default(""),
      }),
    ),
  }),
);

export const AlertsAnswer = envelope(
  z.object({
    alerts: z.array(
      z.object({
        labels,
        annotations: labels.default({}),
        state: z.string(),
        activeAt: z.string().nullish(),
        value: z.string().default(""),
      }),
    ),
  }),
);

export const RulesAnswer = envelope(
  z.object({
    groups: z.array(
      z.object({
        name: z.string(),
        rules: z.array(
          z.object({
            type: z.string(),
            name: z.string(),
            query: z.string(),
            /** Seconds a condition has to hold. */
            duration: z.number().optional(),
            state: z.string().optional(),
            labels: labels.default({}),
            annotations: labels.default({}),
            health: z.string().optional(),
            lastError: z.string().optional(),
          }),
        ),
      }),
    ),
  }),
);
