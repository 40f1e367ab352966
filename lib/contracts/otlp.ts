import { z } from "zod";
import { resource } from "./endpoint";
import { PATHS } from "./paths";

/**
 * Bytes of an export request, after inflation. Foreign exporters neither split what is refused nor try it again, and a collector's
 * batch is thousands of records: more room than for our own reports, which are split by their sender.
 */
export const OTLP_BODY_BYTES = 4_000_000;
export const PROTOBUF = "application/x-protobuf";
export const OTLP_MEDIA = [PROTOBUF, "application/json"] as const;

const ExportRequest = z
  .looseObject({})
  .meta({ id: "OtlpExportRequest", description: "An export request of OTLP 1.x, protobuf or OTLP/JSON" });
const ExportAnswer = z
  .object({
    partialSuccess: z
      .looseObject({
        errorMessage: z.string().optional().describe("how many records were rejected, and why"),
      })
      .optional(),
  })
  .meta({ id: "OtlpExportAnswer", description: "In the encoding of the request" });

/** One signal's endpoint; each has a path of its own. */
const receives = (what: string) =>
  ({
    POST: {
      auth: "ingestKey",
      scope: "events",
      summary: `Receives ${what} over OTLP/HTTP. Senders that cannot set headers use /otlp/{ingest key}/v1/…`,
      body: ExportRequest,
      rawBody: OTLP_MEDIA,
      maxBytes: OTLP_BODY_BYTES,
      response: ExportAnswer,
    },
  }) as const;

export const OTLP_TRACES = resource(PATHS.OTLP_TRACES, receives("spans"));
export const OTLP_METRICS = resource(PATHS.OTLP_METRICS, receives("metrics"));
export const OTLP_LOGS = resource(PATHS.OTLP_LOGS, receives("log records"));

export const OtlpRecordsAnswer = z
  .object({
    aliases: z.string().describe("version date of the attribute mapping"),
    prices: z.string().describe("version date of the built-in price list"),
    records: z.array(
      z.object({
        key: z.string().nullable().describe("name of the ingest key"),
        program: z.string(),
        scope: z.string().describe("instrumentation scope"),
        signal: z.string(),
        name: z.string().describe("name of an event, a span or a metric; empty: all others of the scope"),
        fate: z.enum(["taken", "kept_by_name", "dropped"]),
        records: z.int(),
        last_at: z.int().describe("epoch ms"),
      }),
    ),
  })
  .meta({ id: "OtlpRecordsAnswer" });
export type OtlpRecordsAnswer = z.infer<typeof OtlpRecordsAnswer>;

/** What came over OTLP, and what became of it. */
export const OTLP_RECORDS = resource(PATHS.OTLP_RECORDS, {
  GET: {
    auth: "viewer",
    summary: "OTLP records received, by sender and scope, and how each was handled",
    response: OtlpRecordsAnswer,
  },
});
