import { HumanMessage, SystemMessage } from "@langchain/core/messages";
import { z } from "zod";
import type { CauseHypothesis } from "@/lib/core/evidence/bundle";
import type { ToolSpec } from "@/lib/agents/models";
import { localChoice, modelChoice, remedyOf } from "../choose";
import { within } from "../desk";
import { remediationPrompt } from "../prompts";
import type { Offer } from "@/lib/core/services/allow-list";
import { draftRollback } from "../rollback";
import type { InvestigationContext } from "../context";
import type { Blind, InvestigationState, ProposedAction, Update } from "../state";

/** The allow-list is ours and near; it answers at once or something is broken. */
const OFFERS_MS = 5_000;

const Request = z.object({
  offer: z.string().max(200).describe("id of an offer"),
  args: z.record(z.string().max(100), z.unknown()).default({}).describe("only arguments that the offer leaves open"),
});

const REQUEST_APPROVAL: ToolSpec = {
  type: "function",
  function: {
    name: "request_approval",
    description: "Ends the investigation with a proposal of one offered action. A person or the policy decides on it.",
    parameters: z.toJSONSchema(Request, { io: "input" }) as Record<string, unknown>,
  },
};

/**
 * Drafts the remedy: one of the offered actions, or none. Offers exist before the model is asked; it can add none. Where
 * somebody tried to give orders in the evidence, no model has a say in what is proposed.
 */
export const remediation =
  (ctx: InvestigationContext) =>
  async (state: InvestigationState): Promise<Update> => {
    const [cause] = state.hypotheses;
    const { offers, blind } = await offered(ctx, cause);
    const local = localChoice(cause, offers);
    const rollback = cause ? draftRollback(cause, state.findings, state.evidence.changes, ctx.screen) : null;
    const own: ProposedAction | null = local.offer && {
      offer: local.offer,
      args: local.offer.args,
      why: local.why,
      chosenBy: "local",
      fromUntrustedText: [],
    };
    const ordered = state.findings.some(({ kind }) => kind === "instruction");
    const theirs = own !== null && offers.length > 1 && !ordered ? await asked(ctx, state, offers, own.offer) : null;
    const proposal = theirs ?? own;
    const remedy = remedyOf(proposal, local.why, offers, rollback);
    const text = proposal
      ? `Proposes ${proposal.offer.action} on ${proposal.offer.target}: ${proposal.why}`
      : `Proposes no action: ${local.why}.`;
    const author = proposal?.chosenBy ?? "local";
    return {
      remedy,
      blind,
      authors: { proposal: author },
      reports: [{ node: "remediation", text: ctx.screen.plain(text), author }],
    };
  };

async function offered(
  ctx: InvestigationContext,
  cause: CauseHypothesis | undefined,
): Promise<{ offers: Offer[]; blind: Blind[] }> {
  if (cause === undefined) return { offers: [], blind: [] };
  return within<{ offers: Offer[]; blind: Blind[] }>(
    async (signal) => ({ offers: await ctx.investigator.offers(cause, signal), blind: [] }),
    OFFERS_MS,
    ctx.investigator.signal,
    (reason) => ({ offers: [], blind: [{ node: "remediation", source: "offers", reason: ctx.screen.plain(reason) }] }),
  );
}

/**
 * The choice of a model; null when it chose nothing that may be chosen. The first call decides: what follows is another opinion.
 * It is shown kinds, nodes and offers and no text from outside, so that nothing that was read can choose through it (the
 * quarantine of Willison's dual model and of CaMeL: Debenedetti et al. 2025).
 */
async function asked(
  ctx: InvestigationContext,
  state: InvestigationState,
  offers: Offer[],
  local: Offer,
): Promise<ProposedAction | null> {
  if (!ctx.asker.has("analysis")) return null;
  const causes = state.hypotheses.slice(0, 2).map(({ node, kind, confidence }) => ({ node, kind, confidence }));
  const choices = offers.map(({ id, action, target, args, open, risk }) => ({ id, action, target, args, open, risk }));
  const data = [ctx.screen.quote("causes", causes), ctx.screen.quote("offers", choices)];
  const messages = [new SystemMessage(remediationPrompt()), new HumanMessage(data.join("\n"))];
  const answer = await ctx.asker.ask({ node: "remediation", role: "analysis", messages, tools: [REQUEST_APPROVAL], signal: ctx.investigator.signal }); // prettier-ignore
  if (answer.kind === "silent") return null;
  const by = { node: "remediation", author: answer.author } as const;
  const call = answer.reply.calls.find(({ name }) => name === "request_approval");
  for (const { name } of answer.reply.calls.filter((c) => c !== call))
    await ctx.desk.note(by, "refused: there is no such tool here", { args: { asked: name.slice(0, 100) }, ok: false });
  if (call === undefined) return null;
  const wanted = Request.safeParse(call.args);
  const choice = wanted.success
    ? modelChoice(wanted.data, offers, local, answer.author, ctx.screen)
    : { refused: "it does not have the requested format" };
  if ("refused" in choice) {
    await ctx.desk.note(by, `refused: ${choice.refused}`, {
      tool: null,
      args: { asked: "request_approval" },
      ok: false,
    });
    return null;
  }
  await ctx.desk.note(by, `requests approval of ${choice.offer.action} on ${choice.offer.target}`, { args: { offer: choice.offer.id, args: choice.args } }); // prettier-ignore
  return choice;
}
