import type { ArgValue, Offer } from "@/lib/core/services/allow-list";
import { Annotation } from "@langchain/langgraph";
import type { Analysis, CauseHypothesis, Finding } from "@/lib/core/evidence/bundle";
import { type Evidence, mergeEvidence, noEvidence } from "./evidence";
import type { Claim, Removed } from "./grounding";
import type { SpecialistName } from "./ports";

/** A cause, and the sentences of models that stand beside its statement. */
export interface RivalCause extends CauseHypothesis {
  /** Its confidence before it was fitted. */
  raw?: number;
  notes: (Claim & { author: string })[];
}

/** What a specialist says it did; shown as its card. */
export interface Report {
  node: SpecialistName;
  text: string;
  author: string;
}

/** Something that could not be looked at, and why. */
export interface Blind {
  node: SpecialistName;
  source: string;
  reason: string;
}

/** One way in which the first hypothesis could be refuted. */
export interface Refutation {
  /** What would be seen if the hypothesis were false. */
  wouldSee: string;
  /** `seen`: it speaks against it. `not_seen`: it was looked at, and was not there. `not_looked`: nothing was there to look at. */
  result: "seen" | "not_seen" | "not_looked";
  /** Findings or data that it rests on, in words. */
  because: string;
}

export interface Skepticism {
  /** The hypothesis that was tested, by its statement. */
  about: string;
  refutations: Refutation[];
  /** Of the first hypothesis before and after. */
  confidence: { before: number; after: number };
  /** Its rival took the first place. */
  swapped: boolean;
  /** The observation that would separate the two likeliest. */
  separates: string | null;
}

/** An argument that somebody's text may have had a hand in. */
export interface UntrustedArg {
  arg: string;
  /** Where the value stands, and the line; null: it was made by a model that had read untrusted text. */
  source: string | null;
  line: string | null;
}

/** An action for a person or the policy to decide on. It decides and does nothing. */
export interface ProposedAction {
  offer: Offer;
  args: Record<string, ArgValue>;
  why: string;
  /** `local` or a model's name. */
  chosenBy: string;
  fromUntrustedText: UntrustedArg[];
}

export interface Remedy {
  proposal: ProposedAction | null;
  /** Why nothing is proposed, or what speaks for what is. */
  why: string;
  /** The other offers, and why they were not taken. */
  considered: { offer: Offer; why: string }[];
  /** Text of a rollback pull request where a change is the likeliest cause: for people. */
  rollback: { title: string; body: string } | null;
}

/** Slack's text object; verbatim: no address, channel or name in it becomes a link by itself. */
interface MarkdownText {
  type: "mrkdwn";
  text: string;
  verbatim: true;
}

/** A Slack Block Kit block, as far as it is used here. */
export interface SlackBlock {
  type: "section";
  text: MarkdownText;
}

export interface Messages {
  summary: string;
  slack: { text: string; blocks: SlackBlock[] };
  statusLine: string;
}

const list = <T>() => Annotation<T[]>({ reducer: (a, b) => [...a, ...b], default: () => [] });

export const State = Annotation.Root({
  /** What the specialists read by themselves: what the analysis stands on. */
  evidence: Annotation<Evidence, Partial<Evidence>>({ reducer: mergeEvidence, default: noEvidence }),
  /** What models read besides. It adds findings and moves nothing: whoever chooses what is read could choose the outcome. */
  further: Annotation<Evidence, Partial<Evidence>>({ reducer: mergeEvidence, default: noEvidence }),
  /** Nodes that are looked at, the nearest first. */
  scope: Annotation<string[]>,
  blastRadius: Annotation<string[]>,
  reports: list<Report>(),
  /** Each thing that could not be looked at, once: the incident's window and the time before fail alike. */
  blind: Annotation<Blind[]>({
    reducer: (a, b) => [
      ...new Map([...a, ...b].map((one) => [`${one.node} ${one.source} ${one.reason}`, one])).values(),
    ],
    default: () => [],
  }),
  analysis: Annotation<Analysis | null>({ reducer: (_, b) => b, default: () => null }),
  /** In the order that stands: local, then what grounded reordering and the skeptic made of it. */
  hypotheses: Annotation<RivalCause[]>({ reducer: (_, b) => b, default: () => [] }),
  findings: Annotation<Finding[]>({ reducer: (_, b) => b, default: () => [] }),
  skeptic: Annotation<Skepticism | null>({ reducer: (_, b) => b, default: () => null }),
  remedy: Annotation<Remedy | null>({ reducer: (_, b) => b, default: () => null }),
  messages: Annotation<Messages | null>({ reducer: (_, b) => b, default: () => null }),
  /** Sentences of models that did not stand, and why. */
  removed: list<Removed>(),
  /** Sentences of models that stand beside the local summary. */
  written: list<Claim & { author: string }>(),
  /** The model that put another hypothesis first; null when the order is that of the analysis. */
  reorderedBy: Annotation<string | null>({ reducer: (_, b) => b, default: () => null }),
  /** Who wrote which part. */
  authors: Annotation<Record<string, string>>({ reducer: (a, b) => ({ ...a, ...b }), default: () => ({}) }),
});
export type InvestigationState = typeof State.State;
export type Update = typeof State.Update;
