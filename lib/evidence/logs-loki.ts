import { z } from "zod";
import { createAsk, type Endpoint, type Ports } from "./ask";
import type { LogSource } from "./logs";
import { couldNotLook, found } from "./looked";
import { selector } from "./promql";

export interface LokiConfig extends Endpoint {
  /** The stream label that holds a node's name; Loki's own default for it. */
  nodeLabel?: string;
  /** Further labels of every question, for example the cluster. */
  labels?: Record<string, string>;
}

/** Loki's own `max_entries_limit_per_query` by default: it refuses more. */
const MAX_LINES = 5_000;

const Streams = z.object({
  status: z.literal("success"),
  data: z.object({
    resultType: z.literal("streams"),
    result: z.array(
      z.object({
        stream: z.record(z.string(), z.string()),
        /** Time in nanoseconds, the line, and in newer versions its structured metadata. */
        values: z.array(z.tuple([z.string().regex(/^\d{1,20}$/), z.string()]).rest(z.unknown())),
      }),
    ),
  }),
});

/** Lines from Loki. The question is a selector of exact labels: no text from anywhere else becomes part of it. */
export function lokiLogs(config: LokiConfig, ports: Ports): LogSource {
  const { source } = config;
  const ask = createAsk(config, ports);
  return {
    source,
    async read({ node, from, to, limit, signal }) {
      const most = Math.min(limit, MAX_LINES);
      const query = selector({ ...config.labels, [config.nodeLabel ?? "service_name"]: node });
      const answer = await ask("loki/api/v1/query_range", {
        query: [
          ["query", query],
          ["start", nanoseconds(from)],
          // Loki leaves the end out.
          ["end", nanoseconds(to + 0.001)],
          ["limit", String(most)],
          ["direction", "forward"],
        ],
        signal,
      });
      if (!answer.ok) return couldNotLook(source, answer.reason);
      const parsed = Streams.safeParse(answer.body);
      if (!parsed.success) return couldNotLook(source, "the answer is not one of Loki's API");
      const lines = parsed.data.data.result.flatMap(({ values }) =>
        // A double holds today's nanoseconds to a quarter of a microsecond.
        values.map(([ns, line]) => ({ t: Number(ns) / 1e9, node, line })),
      );
      lines.sort((a, b) => a.t - b.t);
      return found(source, lines.slice(0, most), lines.length >= most);
    },
  };
}

const nanoseconds = (seconds: number): string => (BigInt(Math.round(seconds * 1_000)) * 1_000_000n).toString();
