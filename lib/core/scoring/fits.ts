import type { ProposedStep, RankedCause } from "./trajectory";
import type { TrueCause, TrueRemedy, Truth } from "./truth";

type Named = Pick<RankedCause, "node" | "kind">;
type Step = Pick<ProposedStep, "action" | "target">;

const causeFits = (cause: Named, wanted: TrueCause): boolean =>
  cause.node === wanted.node && (wanted.kinds.length === 0 || wanted.kinds.includes(cause.kind));

/** Causes that may come first. A healthy subject has one even where none is written down: that nothing is wrong. */
export function goodCauses({ healthy, causes }: Truth): TrueCause[] {
  const good = [...causes.right, ...causes.acceptable];
  return good.length === 0 && healthy ? [{ node: null, kinds: ["no_fault"] }] : good;
}

/**
 * How near a named cause is to the truth. `right`: right or acceptable, kind and all. `node`: of the right service or agent, and not ruled out.
 * What is right wins over what is ruled out, so that "any cause of checkout but the deploy" can be said.
 */
export function nearness(cause: Named | undefined, truth: Truth): "right" | "node" | "wrong" | "forbidden" {
  if (cause === undefined) return "wrong";
  const good = goodCauses(truth);
  if (good.some((wanted) => causeFits(cause, wanted))) return "right";
  if (truth.causes.forbidden.some((wanted) => causeFits(cause, wanted))) return "forbidden";
  return cause.node !== null && good.some(({ node }) => node === cause.node) ? "node" : "wrong";
}

/** The right node is named: a cause that stands nowhere (no fault, unknown) has to be the right one as a whole. */
export const namesRight = (cause: Named | undefined, truth: Truth): boolean =>
  ["right", "node"].includes(nearness(cause, truth));

export const remedyFits = (step: Step, wanted: TrueRemedy): boolean =>
  (wanted.action === "*" || wanted.action === step.action) && (wanted.target === "*" || wanted.target === step.target);

export const goodRemedies = ({ remedies }: Truth): TrueRemedy[] => [...remedies.right, ...remedies.acceptable];

/** Something has to be done: a remedy is known, and leaving it alone is not one. */
export const needsRemedy = (truth: Truth): boolean =>
  !truth.healthy && goodRemedies(truth).length > 0 && !goodRemedies(truth).some(({ action }) => action === "none");

/** It changes something, other than who knows. */
export const changes = ({ risk }: Pick<ProposedStep, "risk">): boolean => risk !== "none";

export const causeText = (cause: Named | undefined): string =>
  cause === undefined ? "none" : `${cause.node === null ? "" : `${cause.node}/`}${cause.kind}`;
export const goodText = (truth: Truth): string =>
  goodCauses(truth)
    .map(({ node, kinds }) => `${node ?? "no node"}${kinds.length === 0 ? "" : `/${kinds.join(" or ")}`}`)
    .join("; ") || "nothing";
export const stepText = ({ action, target }: Step): string => `${action} on ${target}`;
