import { z } from "zod";

/** What Prometheus' HTTP API answers, as far as it is read; unknown fields pass. Labels and texts are untrusted. */

const labels = z.record(z.string(), z.string());
/** A value is text, so that NaN and infinities survive JSON. */
const point = z.tuple([z.number(), z.string()]);

const envelope = <T extends z.ZodType>(data: T) =>
  z.object({ status: z.literal("success"), data, warnings: z.array(z.string()).optional() });

export const Refusal = z.object({ status: z.literal("error"), errorType: z.string().optional(), error: z.string() });

export const VectorAnswer = envelope(
  z.discriminatedUnion("resultType", [
    z.object({
      resultType: z.literal("vector"),
      result: z.array(z.object({ metric: labels, value: point.optional() })),
    }),
    z.object({ resultType: z.literal("scalar"), result: point }),
    z.object({ resultType: z.literal("string"), result: point }),
    z.object({ resultType: z.literal("matrix"), result: z.array(z.unknown()) }),
  ]),
);

export const MatrixAnswer = envelope(
  z.object({
    resultType: z.literal("matrix"),
    result: z.array(z.object({ metric: labels, values: z.array(point).optional() })),
  }),
);

export const NamesAnswer = envelope(z.array(z.string()));
export const SeriesAnswer = envelope(z.array(labels));

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
