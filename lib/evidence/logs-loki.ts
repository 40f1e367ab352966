import { z } from "zod";
import type { LogLine } from "@/lib/core/evidence/bundle";
import { type Answer, createAsk, type Endpoint, type Ports } from "./ask";
import type { LogSource } from "./logs";
import { type LokiLimits, refusalOf } from "./loki-limits";
import { couldNotLook, found } from "./looked";
import { selector } from "./promql";

export interface LokiConfig extends Endpoint {
  /** The stream label that holds a node's name; `service_name`, as Loki sets it from version 3 on, by default. */
  nodeLabel?: string;
  /** Further labels of every question, for example the cluster. */
  labels?: Record<string, string>;
}

/** Loki's own `max_entries_limit_per_query` by default: it refuses more. */
const MAX_LINES = 5_000;
/** Questions that one reading may take where Loki allows short ranges only, or refuses and is asked for less. */
const QUESTIONS_MAX = 24;
/** The labels that there are are asked for anew after this, in ms: a collector may have been set up meanwhile. */
const LABELS_MS = 300_000;
const LABELS_SHOWN = 8;

const Streams = z.object({
  status: z.literal("success"),
  data: z.object({
    resultType: z.literal("streams"),
    result: z
      .array(
        z.object({
          stream: z.record(z.string(), z.string()),
          /** Time in nanoseconds, the line, and in newer versions its structured metadata. */
          values: z.array(z.tuple([z.string().regex(/^\d{1,20}$/), z.string()]).rest(z.unknown())),
        }),
      )
      .nullable(),
  }),
});
const Labels = z.object({ data: z.array(z.string()).nullish() });

/**
 * Lines from Loki. The question is a selector of exact labels: no text from anywhere else becomes part of it. Where Loki allows
 * fewer lines or a shorter range than were asked for, it is asked for less, and what it allows is remembered. No lines where no
 * stream has the label is "could not look": the label is configured wrongly.
 */
export function lokiLogs(config: LokiConfig, ports: Ports): LogSource {
  const { source, nodeLabel = "service_name" } = config;
  const ask = createAsk(config, ports);
  const allowed: LokiLimits = { lines: MAX_LINES, seconds: Infinity };
  let labels: { at: number; missing: Promise<string | null> } | null = null;

  const labelMissing = (signal?: AbortSignal): Promise<string | null> => {
    if (labels === null || ports.now() - labels.at > LABELS_MS) {
      const at = ports.now();
      const asked = ask("loki/api/v1/labels", { query: [["start", nanoseconds(at / 1_000 - 86_400)]], signal });
      labels = {
        at,
        missing: asked.then((answer) => {
          if (!answer.ok) labels = null;
          return missingIn(answer, nodeLabel);
        }),
      };
    }
    return labels.missing;
  };

  return {
    source,
    async read({ node, from, to, limit, signal }) {
      const query = selector({ ...config.labels, [nodeLabel]: node });
      const lines: LogLine[] = [];
      let truncated = false;
      let start = from;
      for (let asked = 0; start <= to && lines.length < limit; asked++) {
        if (asked === QUESTIONS_MAX)
          return found(source, lines, true, [{ source, reason: `it allows ${allowed.seconds} s per query: only the first ${Math.round(start - from)} s were read` }]); // prettier-ignore
        const end = Math.min(to, start + allowed.seconds);
        const most = Math.min(limit - lines.length, allowed.lines);
        const answer = await ask("loki/api/v1/query_range", {
          query: [
            ["query", query],
            ["start", nanoseconds(start)],
            // Loki leaves the end out.
            ["end", nanoseconds(end + 0.001)],
            ["limit", String(most)],
            ["direction", "forward"],
          ],
          signal,
        });
        if (!answer.ok) {
          const reason = reasonOf(answer);
          const less = refusalOf(answer, { lines: most, seconds: end - start });
          if (less !== null) Object.assign(allowed, less);
          else if (lines.length === 0) return couldNotLook(source, reason);
          else return found(source, lines, true, [{ source, reason }]);
          continue;
        }
        const parsed = Streams.safeParse(answer.body);
        if (!parsed.success) return couldNotLook(source, "the answer is not a valid Loki API response");
        const got = (parsed.data.data.result ?? []).flatMap(({ values }) =>
          // A double holds today's nanoseconds to a quarter of a microsecond.
          values.map(([ns, line]) => ({ t: Number(ns) / 1e9, node, line })),
        );
        got.sort((a, b) => a.t - b.t);
        truncated ||= got.length >= most;
        lines.push(...got.slice(0, most));
        start = end + 0.001;
      }
      const missing = lines.length === 0 ? await labelMissing(signal) : null;
      return missing === null ? found(source, lines, truncated) : couldNotLook(source, missing);
    },
  };
}

/** Why a label is not found: there are streams, and none has it. Null when it is there, or when that cannot be told. */
function missingIn(answer: Answer, label: string): string | null {
  const there = answer.ok ? (Labels.safeParse(answer.body).data?.data ?? []) : [];
  if (there.length === 0 || there.includes(label)) return null;
  const others = there.slice(0, LABELS_SHOWN).join(", ");
  return `no stream has the label ${label} (there are ${others}): set LOKI_SERVICE_LABEL to the one that holds the service's name`;
}

/** `401 no org id`: the status and what Loki said. */
function reasonOf({ reason }: Answer & { ok: false }): string {
  const [, status, said] = /^answered (\d{3}): (".*")$/s.exec(reason) ?? [];
  if (said === undefined) return reason;
  try {
    return `${status} ${String(JSON.parse(said))}`.trim();
  } catch {
    return reason;
  }
}

const nanoseconds = (seconds: number): string => (BigInt(Math.round(seconds * 1_000)) * 1_000_000n).toString();
