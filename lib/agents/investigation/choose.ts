import type { CauseHypothesis } from "@/lib/core/evidence/bundle";
import { RISKS, type Risk } from "@/lib/core/base/vocabulary";
import type { ArgValue, Offer } from "@/lib/core/services/allow-list";
import type { Screen } from "./screen";
import type { ProposedAction, Remedy, UntrustedArg } from "./state";

/** Below this two of three actions would be in vain, each with its minutes of measuring and one more thing that changed. */
const MIN_CONFIDENCE = 1 / 3;

const riskOf = (risk: Risk) => RISKS.indexOf(risk);

/** Which offer the rules take: the first that can be taken back, else the first that can be undone with effort; never a destructive one unasked for. */
export function localChoice(
  cause: CauseHypothesis | undefined,
  offers: readonly Offer[],
): { offer: Offer | null; why: string } {
  if (cause === undefined || cause.kind === "unknown")
    return { offer: null, why: "no cause is supported by the evidence" };
  if (cause.kind === "no_fault") return { offer: null, why: "nothing outside its usual range was seen" };
  if (!(cause.confidence >= MIN_CONFIDENCE))
    return { offer: null, why: `the top cause has only ${Math.round(100 * cause.confidence)} % confidence` };
  const offer =
    offers.find(({ risk }) => risk === "reversible") ??
    offers.find(({ risk }) => risk === "hard_to_undo") ??
    offers.find(({ risk }) => risk === "none");
  if (offer === undefined)
    return {
      offer: null,
      why: offers.length === 0 ? "no operation on the allow-list suits it" : "only destructive actions are offered",
    };
  return { offer, why: offer.reason };
}

/** What a model asked for, as a proposal, or why it is not one. A model may choose what is offered at no more risk than the rules would. */
export function modelChoice(
  wanted: { offer: string; args: Record<string, unknown> },
  offers: readonly Offer[],
  local: Offer | null,
  author: string,
  screen: Screen,
): ProposedAction | { refused: string } {
  const offer = offers.find(({ id }) => id === wanted.offer);
  if (offer === undefined) return { refused: "it is not offered" };
  if (local === null) return { refused: "the rules see no reason to act" };
  if (riskOf(offer.risk) > riskOf(local.risk))
    return { refused: `its risk (${offer.risk.replaceAll("_", " ")}) is higher than needed` };
  const args = { ...offer.args };
  const made: string[] = [];
  for (const [name, value] of Object.entries(wanted.args)) {
    if (Object.hasOwn(offer.args, name) && offer.args[name] === value) continue;
    const why = notOpen(offer, name, value);
    if (why !== null) return { refused: why };
    args[name] = value as ArgValue;
    made.push(name);
  }
  const fromUntrustedText = made.map((arg): UntrustedArg => {
    const from = screen.sourceOf(String(args[arg]));
    return { arg, source: from?.source ?? null, line: from?.line ?? null };
  });
  return { offer, args, why: offer.reason, chosenBy: author, fromUntrustedText };
}

function notOpen(offer: Offer, name: string, value: unknown): string | null {
  const open = offer.open !== undefined && Object.hasOwn(offer.open, name) ? offer.open[name] : undefined;
  if (open === undefined) return `its argument "${name.slice(0, 40)}" cannot be set`;
  if ("oneOf" in open)
    return typeof value === "string" && open.oneOf.includes(value)
      ? null
      : `its argument "${name}" is not one of the offered values`;
  return typeof value === "number" && value >= open.min && value <= open.max
    ? null
    : `its argument "${name}" is not between ${open.min} and ${open.max}`;
}

export const remedyOf = (
  proposal: ProposedAction | null,
  why: string,
  offers: readonly Offer[],
  rollback: Remedy["rollback"],
): Remedy => ({
  proposal,
  why,
  considered: offers
    .filter(({ id }) => id !== proposal?.offer.id)
    .map((offer) => ({ offer, why: proposal === null ? why : versus(offer, proposal.offer) })),
  rollback,
});

function versus(other: Offer, taken: Offer): string {
  if (riskOf(other.risk) > riskOf(taken.risk))
    return `${other.risk.replaceAll("_", " ")}; another is enough to try first`;
  return riskOf(other.risk) < riskOf(taken.risk) ? "it changes nothing by itself" : "another suits the cause better";
}
