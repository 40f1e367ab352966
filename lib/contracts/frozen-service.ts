import { z } from "zod";
import { ALERT_SEVERITIES, CAUSE_KINDS, DIAGNOSES, OUTCOMES, RISKS } from "@/lib/core/base/vocabulary";
import { BundleBody } from "./bundle";
import { ms, name, text, words } from "./case-fields";

/** Those of an investigation that read the outside world. */
export const READING_SPECIALISTS = ["triage", "log_analyst", "metrics_analyst", "deploy_correlator"] as const;

const points = z.array(z.tuple([z.number(), z.number()])).describe("epoch seconds and value");
const duration = z.number().int().min(0).describe("ms");
/** Any word, an item of evidence from a list that has no reason to be checked more closely than its database did. */
const param = z.union([
  z.strictObject({ type: z.literal("enum"), values: z.array(z.string()), default: z.string() }),
  z.strictObject({ type: z.literal("int"), min: z.number(), max: z.number(), default: z.number() }),
  z.strictObject({ type: z.literal("name"), default: z.string() }),
]);
const args = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

const CaseAlert = z.strictObject({
  source: name,
  fingerprint: name,
  name,
  service: name,
  severity: z.enum(ALERT_SEVERITIES),
  summary: text,
  labels: words,
  annotations: words,
  generator_url: text.nullable(),
  starts_at: ms,
  received_at: ms,
});

/** An operation as the allow-list had it, without what would run. */
const CaseOperation = z.strictObject({
  name,
  title: text,
  services: z.array(name),
  remedies: z.array(z.enum(CAUSE_KINDS)),
  risk: z.enum(RISKS),
  reversible: z.boolean(),
  undo: z.strictObject({ action: name, args: args.optional() }).nullable(),
  blast_radius: text,
  destroys_evidence: z.boolean(),
  params: z.record(z.string(), param),
});
export type CaseOperation = z.infer<typeof CaseOperation>;

const Act = z.strictObject({
  operation: name.describe("`manual`: a person did something by hand"),
  service: name,
  args,
  outcome: z.enum(OUTCOMES).describe("as it was measured then"),
});
export type Act = z.infer<typeof Act>;

/** What was measured from one moment to the next act, or to the end of the recording. */
const ServicePart = z.strictObject({
  from: z.number().nonnegative().describe("epoch seconds"),
  act: Act.nullable().describe("null: no action had been taken yet"),
  series: z.array(z.strictObject({ query: text, labels: words, points })),
  ended: z.array(z.strictObject({ source: name, fingerprint: name, starts_at: ms, at: ms })).describe("alerts"),
});
export type ServicePart = z.infer<typeof ServicePart>;

export const ServiceRecording = z.strictObject({
  /** How effects were measured then, so that they are measured so again. */
  pace: z.strictObject({
    watch_ms: duration.min(1),
    settle_ms: duration,
    verify_ms: duration,
    verify_deadline_ms: duration,
  }),
  parts: z.array(ServicePart).min(1),
  unread: z.array(z.strictObject({ source: text, reason: text })).describe("sources that could no longer be read"),
});
export type ServiceRecording = z.infer<typeof ServiceRecording>;

export const ServiceEvidence = z.strictObject({
  alerts: z.array(CaseAlert).min(1),
  /** From opening to the first look, ms. */
  investigated_after_ms: duration,
  bundle: BundleBody.describe("everything the investigation had read before the first action"),
  unread: z
    .array(
      z.strictObject({
        specialist: z.enum(READING_SPECIALISTS),
        source: text,
        reason: text,
      }),
    )
    .default([])
    .describe("sources that could not be read at the time"),
  services: z.array(z.strictObject({ id: name, kind: name, owner: text.nullable(), version: text.nullable() })),
  runbooks: z.array(z.strictObject({ path: name, heading: text, body: text })),
  past_incidents: z.array(
    z.strictObject({
      id: name,
      subject: name,
      title: text,
      body: text,
      cause_node: name.nullable(),
      cause_kind: z.enum([...CAUSE_KINDS, "no_fault", ...DIAGNOSES]),
      features: z.strictObject({
        service: z.string(),
        services: z.array(z.string()),
        alerts: z.array(z.string()),
        templates: z.array(z.string()),
        dependency: z.string().nullable(),
        changeKind: z.string().nullable(),
      }),
      action: text.nullable(),
      outcome: z.enum(OUTCOMES),
      feedback: z.number().int(),
      closed_at: ms,
    }),
  ),
  /** Which series tell whether it has recovered. */
  measured: z.array(
    z.strictObject({
      service: name,
      name,
      query: text,
      labels: words,
      unit: z.string().nullable(),
      upper: z.number().nullable(),
      lower: z.number().nullable(),
    }),
  ),
  operations: z.array(CaseOperation),
});
