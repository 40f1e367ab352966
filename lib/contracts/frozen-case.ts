import { z } from "zod";
import type { Truth } from "@/lib/core/scoring/truth";
import { resource } from "./endpoint";
import { IncidentParams } from "./incidents";
import { PATHS } from "./paths";
import { text } from "./case-fields";
import { ServiceEvidence, ServiceRecording } from "./frozen-service";
import { AgentEvidence, AgentRecording } from "./frozen-agents";
import { CaseAnswer } from "./case-answer";

/** What the file says that it is, and how its parts are to be read. A version that is not known is refused. */
export const CASE_FORMAT = "sentinel-case";
export const CASE_VERSION = 1;

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
