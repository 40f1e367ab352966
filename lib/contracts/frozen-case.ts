import { z } from "zod";
import {
  ALERT_SEVERITIES,
  CAUSE_KINDS,
  CHANGE_KINDS,
  DIAGNOSES,
  DIRECTIVE_STATUSES,
  EVENT_KINDS,
  MODES,
  OUTCOMES,
  RISKS,
} from "@/lib/core/base/vocabulary";
import type { Truth } from "@/lib/core/scoring/truth";
import { BundleBody } from "./bundle";
import { resource } from "./endpoint";
import { IncidentParams } from "./incidents";
import { PATHS } from "./paths";

/** What the file says that it is, and how its parts are to be read. A version that is not known is refused. */
export const CASE_FORMAT = "sentinel-case";
export const CASE_VERSION = 1;

/** Those of an investigation that read the outside world. */
export const READING_SPECIALISTS = ["triage", "log_analyst", "metrics_analyst", "deploy_correlator"] as const;

const text = z.string().max(200_000);
const name = z.string().min(1).max(300);
const ms = z.number().nonnegative().describe("epoch ms");
const points = z.array(z.tuple([z.number(), z.number()])).describe("epoch seconds and value");
const duration = z.number().int().min(0).describe("ms");
const words = z.record(z.string(), text);

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

const ServiceRecording = z.strictObject({
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

const ServiceEvidence = z.strictObject({
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

const Order = z.strictObject({
  status: z.enum(DIRECTIVE_STATUSES),
  rollback_to: z.string().nullable(),
  revoked_tools: z.array(z.string()),
  autonomy: z.strictObject({
    level: z.enum(["full", "reduced"]),
    max_model_calls: z.number().nullable(),
    max_tool_calls: z.number().nullable(),
    temperature: z.number().nullable(),
  }),
  memory_epoch: z.number().int().min(0),
});
export type Order = z.infer<typeof Order>;

const CaseEvent = z.strictObject({
  at: ms,
  applied: z.boolean().describe("reported while this directive was in effect"),
  kind: z.enum(EVENT_KINDS),
  instance_id: z.string().nullable(),
  body: z
    .record(z.string(), z.unknown())
    .describe("as reported, without fields that identify the agent or its directives"),
});
export type CaseEvent = z.infer<typeof CaseEvent>;

/** What an agent reported from one moment until it was told something else, or to the end of the recording. */
const AgentPart = z.strictObject({
  from: ms,
  order: Order.nullable().describe("null: no directive was in effect"),
  events: z.array(CaseEvent),
});
export type AgentPart = z.infer<typeof AgentPart>;

const CaseAgent = z.strictObject({
  id: name,
  type: name,
  mode: z.enum(MODES),
  model: z.string().nullable(),
  provider: z.string().nullable(),
  prompt_hash: z.string().nullable(),
  tools: z.array(z.string()),
  held_prompts: z.array(z.string()),
  enforcement: z.boolean(),
  can_clone: z.boolean(),
  /** The agent that it took over from, during the incident. */
  continues: name.nullable(),
  /** Vitals before the incident. */
  before: z.array(CaseEvent),
});
export type CaseAgent = z.infer<typeof CaseAgent>;

const AgentEvidence = z.strictObject({
  /** When the trouble showed, by what Sentinel noted then. */
  onset_at: ms,
  subjects: z.array(name).min(1),
  agents: z.array(CaseAgent).min(1),
  changes: z.array(
    z.strictObject({
      agent: name,
      kind: z.enum(CHANGE_KINDS),
      from: z.string().nullable(),
      to: z.string().nullable(),
      note: text.nullable(),
      at: ms,
    }),
  ),
});
const AgentRecording = z.strictObject({
  until: ms,
  agents: z.array(z.strictObject({ id: name, parts: z.array(AgentPart) })),
});

const kinds = z.array(z.enum([...CAUSE_KINDS, ...DIAGNOSES, "no_fault"]));
const causes = z.array(z.strictObject({ node: name.nullable(), kinds }));
const remedies = z.array(z.strictObject({ action: name, target: name }));

/** What is true of it. Null: not filled in yet. */
const CaseAnswer = z.strictObject({
  /** Its class in reports; cases of one class are averaged. */
  class: name,
  /** Ground truth, in a sentence. */
  why: z.string().min(1).nullable(),
  healthy: z.boolean().nullable(),
  /** `any`: not asked. */
  onset: z.union([z.iso.datetime({ offset: true }), z.literal("any")]).nullable(),
  severity: z.union([z.strictObject({ from: z.number().min(0), to: z.number().max(10) }), z.literal("any")]).nullable(),
  causes: z.strictObject({ right: causes.nullable(), acceptable: causes, forbidden: causes }),
  remedies: z.strictObject({ right: remedies.nullable(), acceptable: remedies, forbidden: remedies }),
  words: z.strictObject({
    required: z.array(z.array(z.string().min(1)).min(1)).nullable(),
    forbidden: z.array(z.string().min(1)),
  }),
});
export type CaseAnswer = z.infer<typeof CaseAnswer>;

/** The class of a case as long as nobody gives it another. */
export const OPEN_CLASS = "frozen";

/** An answer that nobody has given yet. */
export const openAnswer = (): CaseAnswer => ({
  class: OPEN_CLASS,
  why: null,
  healthy: null,
  onset: null,
  severity: null,
  causes: { right: null, acceptable: [], forbidden: [] },
  remedies: { right: null, acceptable: [], forbidden: [] },
  words: { required: null, forbidden: [] },
});

const head = {
  format: z.literal(CASE_FORMAT),
  version: z.literal(CASE_VERSION),
  id: z
    .string()
    .regex(/^[A-Za-z0-9][\w.-]{0,99}$/, "must be letters, digits, dot, underscore or hyphen: it names a file"),
  title: text,
  frozen_at: z.iso.datetime(),
};

/** A real incident as a case: one file, evidence, how it went on, and the answer apart from both. */
export const FrozenCase = z
  .discriminatedUnion("kind", [
    z.strictObject({
      ...head,
      kind: z.literal("service"),
      evidence: ServiceEvidence,
      recording: ServiceRecording,
      answer: CaseAnswer,
    }),
    z.strictObject({
      ...head,
      kind: z.literal("agent"),
      evidence: AgentEvidence,
      recording: AgentRecording,
      answer: CaseAnswer,
    }),
  ])
  .meta({ id: "FrozenCase" });
export type FrozenCase = z.infer<typeof FrozenCase>;
export type FrozenService = Extract<FrozenCase, { kind: "service" }>;
export type FrozenAgents = Extract<FrozenCase, { kind: "agent" }>;
/** As it is made and written, before the reader has put anything into its final form. */
export type FrozenFile = z.input<typeof FrozenCase>;

export type FilledAnswer = { class: string; why: string; truth: Truth };

/** The answer in the scorer's words. Throws an error that names the field that is missing or cannot be. */
export function filledAnswer({ answer, ...of }: FrozenCase): FilledAnswer {
  const { class: type, why, healthy, onset, severity, causes: cause, remedies: remedy, words: said } = answer;
  const given = <T>(field: string, value: T | null): T => {
    if (value === null) throw new Error(`answer.${field}: is not filled in`);
    return value;
  };
  const truth: Truth = {
    healthy: given("healthy", healthy),
    onsetAt: given("onset", onset) === "any" ? null : Date.parse(onset!),
    severity: given("severity", severity) === "any" ? null : (severity as Truth["severity"]),
    causes: { ...cause, right: given("causes.right", cause.right) },
    remedies: { ...remedy, right: given("remedies.right", remedy.right) },
    words: { ...said, required: given("words.required", said.required) },
  };
  if (!truth.healthy && truth.causes.right.length === 0)
    throw new Error("answer.causes.right: is empty, and something was wrong");
  const known = new Set(nodesOf(of));
  for (const list of ["right", "acceptable", "forbidden"] as const)
    for (const [i, { node }] of truth.causes[list].entries())
      if (node !== null && !known.has(node))
        throw new Error(`answer.causes.${list}[${i}].node: ${JSON.stringify(node)} is not in the evidence`);
  return { class: type, why: given("why", why), truth };
}

function nodesOf(of: Omit<FrozenService, "answer"> | Omit<FrozenAgents, "answer">): string[] {
  if (of.kind === "agent")
    return of.evidence.agents.flatMap(({ id, provider, model }) => [
      id,
      ...(provider ? [`provider:${provider}`, provider] : []),
      ...(model ? [`model:${model}`, model] : []),
    ]);
  const { bundle, alerts, services } = of.evidence;
  return [
    bundle.target.node,
    ...bundle.nodes.map(({ id }) => id),
    ...bundle.edges.flat(),
    ...alerts.map(({ service }) => service),
    ...services.map(({ id }) => id),
  ];
}

export const INCIDENT_CASE = resource(PATHS.INCIDENT_CASE, {
  GET: {
    auth: "operator",
    summary: "The incident as a redacted test case, with an empty answer to fill in",
    params: IncidentParams,
    response: z.looseObject({}).meta({ id: "CaseFile" }),
  },
});
