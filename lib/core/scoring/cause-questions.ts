import { claimsOf } from "../causes/ground";
import { causeText, goodText, namesRight, nearness } from "./fits";
import { knowing, ofOpened, type Question, said } from "./question";
import { HEADS, paragraphOf } from "./summary-text";
import type { OpenedIncident, RankedCause, Trajectory } from "./trajectory";
import type { Truth } from "./truth";

const SHOWN_RANKS = 3;
/** A wrong cause that is surer than this would be acted on. */
const WRONG_AT_MOST = 0.5;

/** It names something that went wrong, as opposed to nothing, or to not knowing. */
const claims = ({ kind }: RankedCause): boolean => kind !== "unknown" && kind !== "no_fault";

/** Evidence speaks for a first cause only where it is not known to be a wrong one. */
const isWrong = ({ causes }: OpenedIncident, truth: Truth | null): boolean =>
  truth !== null && !namesRight(causes[0], truth);
const WRONG = "the first cause is wrong, so what it cites does not count";

const listed = (ids: Iterable<string>): string => [...ids].join(", ") || "nothing";

/** Ids that the paragraph on the likeliest cause prints; null where there is no such paragraph. */
export function toldCitations({ messages }: OpenedIncident): Set<string> | null {
  const told = paragraphOf(messages.summary, HEADS.cause);
  return told === null ? null : new Set(claimsOf(told).flatMap(({ cites }) => cites));
}

/** An agent's incident that rules diagnosed, whose summary says in words what was found, without ids. */
const tellsWithoutIds = ({ calls }: OpenedIncident, { subjectKind }: Trajectory, told: Set<string> | null): boolean =>
  subjectKind === "agent" && calls.length === 0 && told?.size === 0;

export const CAUSE_QUESTIONS: readonly Question[] = [
  {
    id: "right_node_first",
    dimension: "root_cause_correctness",
    text: "Is the right service or agent named first, without a cause that is ruled out?",
    needsTruth: true,
    weight: 3,
    cap: 1,
    ask: knowing(({ opened }, truth) => {
      if (opened === null && truth.healthy) return null;
      const first = opened?.causes[0];
      const ruledOut = nearness(first, truth) === "forbidden" ? ", which is ruled out" : "";
      const told = `first cause is ${causeText(first)}${ruledOut}; right is ${goodText(truth)}`;
      return said(namesRight(first, truth), told, told);
    }),
  },
  {
    id: "right_cause_first",
    dimension: "root_cause_correctness",
    text: "Is the first cause right or acceptable, its kind included?",
    needsTruth: true,
    weight: 2,
    cap: 3,
    ask: knowing(({ opened }, truth) => {
      if (opened === null && truth.healthy) return null;
      const told = `first cause is ${causeText(opened?.causes[0])}; right is ${goodText(truth)}`;
      return said(nearness(opened?.causes[0], truth) === "right", told, told);
    }),
  },
  {
    id: "right_node_in_three",
    dimension: "root_cause_correctness",
    text: `Is the right service or agent among the first ${SHOWN_RANKS} causes?`,
    needsTruth: true,
    weight: 1,
    ask: knowing(({ opened }, truth) => {
      if (opened === null && truth.healthy) return null;
      const shown = (opened?.causes ?? []).slice(0, SHOWN_RANKS);
      const told = `first ${SHOWN_RANKS}: ${shown.map(causeText).join(", ") || "none"}; right is ${goodText(truth)}`;
      return said(shown.some((cause) => namesRight(cause, truth)), told, told); // prettier-ignore
    }),
  },
  {
    id: "wrong_cause_unsure",
    dimension: "root_cause_correctness",
    text: "Is the first cause right, or its confidence at most 50 %?",
    needsTruth: true,
    weight: 1,
    ask: knowing(({ opened }, truth) => {
      const first = opened?.causes[0];
      if (first === undefined) return null;
      const right = namesRight(first, truth);
      const told = `${causeText(first)} at ${first.confidence.toFixed(2)}, ${right ? "which is right" : "which is wrong"}`;
      return said(right || first.confidence <= WRONG_AT_MOST, told, told);
    }),
  },
  {
    id: "citations_real",
    dimension: "root_cause_correctness",
    text: "Does every citation refer to an existing finding?",
    needsTruth: false,
    weight: 1,
    cap: 2,
    ask: ofOpened(({ causes, findings }) => {
      if (causes.length === 0) return null;
      const real = new Set(findings.map(({ id }) => id));
      const ghosts = causes.flatMap(({ cites }) => cites).filter((id) => !real.has(id));
      return said(ghosts.length === 0, "every one does", `no such finding: ${listed(new Set(ghosts))}`);
    }),
  },
  {
    id: "causes_cite",
    dimension: "root_cause_correctness",
    text: "Does every cause cite at least one finding?",
    needsTruth: false,
    weight: 1,
    ask: ofOpened(({ causes }) => {
      if (causes.length === 0) return null;
      const bare = causes.filter((cause) => claims(cause) && cause.cites.length === 0);
      return said(bare.length === 0, "every one does", `without a citation: ${bare.map(causeText).join(", ")}`);
    }),
  },
  {
    id: "evidence_of_its_own",
    dimension: "root_cause_correctness",
    text: "Does the first cause cite a finding about its own service or agent, or a change?",
    needsTruth: false,
    weight: 1,
    ask: ofOpened((opened, _, truth) => {
      const first = opened.causes[0];
      if (first === undefined) return null;
      if (isWrong(opened, truth)) return said(false, "", WRONG);
      if (!claims(first)) return said(true, `${first.kind} claims nothing`, "");
      const own = opened.findings.find(
        ({ id, node, kind }) =>
          first.cites.includes(id) && (first.node === null || node === first.node || kind === "change"),
      );
      return said(own !== undefined, `${own?.id}: ${own?.text}`, `cites ${listed(first.cites)}, none of them its own`);
    }),
  },
  {
    id: "told_as_found",
    dimension: "root_cause_correctness",
    text: "Do the first cause and the summary cite the same findings?",
    needsTruth: false,
    weight: 1,
    ask: ofOpened((opened, trajectory, truth) => {
      const first = opened.causes[0];
      const told = toldCitations(opened);
      if (first === undefined || tellsWithoutIds(opened, trajectory, told)) return null;
      if (isWrong(opened, truth)) return said(false, "", WRONG);
      if (told === null) return said(false, "", "the summary does not state the cause");
      const cited = new Set(first.cites.map((id) => id.toLowerCase()));
      const same = cited.size === told.size && [...cited].every((id) => told.has(id));
      const both = `the cause cites ${listed(cited)}, the summary ${listed(told)}`;
      return said(same && (cited.size > 0 || !claims(first)), both, both);
    }),
  },
];
