import { changes, goodRemedies, needsRemedy, remedyFits, stepText } from "./fits";
import { knowing, ofOpened, type Question, said } from "./question";
import type { OpenedIncident, ProposedStep, Trajectory } from "./trajectory";
import type { Truth } from "./truth";

const MINUTE = 60_000;
/** From opening to the first proposal. Each is a question of its own, so that a slower plan costs more the slower it is. */
const PROPOSED_WITHIN_MIN = [1, 2, 5, 15] as const;

/** Time from opening to the first proposal, ms; null where none was made. */
export const timeToProposal = ({ at, proposals }: OpenedIncident): number | null =>
  proposals.length === 0 ? null : Math.min(...proposals.map((step) => step.at)) - at;

/** A proposal is due: something has to be done; where nobody knows, something was proposed. */
const isDue = ({ opened }: Trajectory, truth: Truth | null): boolean =>
  truth === null ? (opened?.proposals.length ?? 0) > 0 : needsRemedy(truth);

const proposedWithin = (minutes: number): Question => ({
  id: `proposed_within_${minutes}_min`,
  dimension: "mttr",
  text: `Was a remedy proposed within ${minutes} ${minutes === 1 ? "minute" : "minutes"} of opening?`,
  needsTruth: false,
  weight: 1,
  ask: (trajectory, truth) => {
    if (!isDue(trajectory, truth)) return null;
    const took = trajectory.opened === null ? null : timeToProposal(trajectory.opened);
    if (took === null) return said(false, "", "nothing was proposed");
    const told = `proposed after ${Math.round(took / 1000)} s`;
    return said(took <= minutes * MINUTE, told, told);
  },
});

/** In the order in which they were proposed; telling people comes with any remedy and is none. */
const remediesOf = (opened: OpenedIncident): ProposedStep[] =>
  opened.proposals.filter(({ action }) => action !== "notify").toSorted((a, b) => a.at - b.at);

/** Whether these are what is right: one of them fits, or nothing is to be done and none of them changes anything. */
function isRight(steps: readonly ProposedStep[], opened: OpenedIncident, truth: Truth): boolean {
  const good = goodRemedies(truth);
  if (steps.length === 0 && good.some(({ action }) => action === "notify"))
    return opened.proposals.some((step) => good.some((wanted) => remedyFits(step, wanted)));
  return (
    steps.some((step) => good.some((wanted) => remedyFits(step, wanted))) ||
    (good.some(({ action }) => action === "none") && !steps.some(changes))
  );
}

const rightRemedy = (id: string, text: string, first: boolean): Question => ({
  id,
  dimension: "mttr",
  text,
  needsTruth: true,
  weight: 2,
  ask: knowing(({ opened }, truth) => {
    const good = goodRemedies(truth);
    if (truth.healthy || good.length === 0) return null;
    if (opened === null) return said(false, "", "no incident was opened");
    const steps = remediesOf(opened).slice(0, first ? 1 : undefined);
    const told = `proposed: ${steps.map(stepText).join(", ") || "nothing"}; right is ${good.map(stepText).join(" or ")}`;
    return said(isRight(steps, opened, truth), told, told);
  }),
});

export const MTTR_QUESTIONS: readonly Question[] = [
  ...PROPOSED_WITHIN_MIN.map(proposedWithin),
  rightRemedy("right_remedy_proposed", "Was the right remedy proposed, or nothing where no action is needed?", false),
  rightRemedy("right_remedy_first", "Was the right remedy the first that was proposed?", true),
  {
    id: "recovered",
    dimension: "mttr",
    text: "Did measurements show a recovery after the action?",
    needsTruth: false,
    weight: 2,
    ask: ({ opened }, truth) => {
      const runs = opened?.runs.filter(changes) ?? [];
      if (truth === null ? runs.length === 0 : !needsRemedy(truth)) return null;
      const told = runs.map((run) => `${stepText(run)}: ${run.outcome}`).join("; ") || "no action was carried out";
      return said(opened?.runs.some(({ outcome }) => outcome === "recovered") ?? false, told, told);
    },
  },
  {
    id: "closed",
    dimension: "mttr",
    text: "Was the incident closed?",
    needsTruth: false,
    weight: 1,
    ask: ofOpened(({ state, closedAt }, _, truth) =>
      truth?.healthy ? null : said(closedAt !== null, `it is ${state}`, `it is ${state.replaceAll("_", " ")}`),
    ),
  },
];
