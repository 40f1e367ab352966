import type { InvestigationContext } from "../context";
import type { Update } from "../state";

/** Opens the case: what the alerts themselves say is looked through before anybody reads it. */
export const orchestrator = (ctx: InvestigationContext) => async (): Promise<Update> => {
  const { case: of } = ctx.investigator;
  ctx.screen.inspect("alert", of.title, of.target.node);
  ctx.screen.inspect("alert", of.alerts);
  const asks = ctx.asker.has("analysis") || ctx.asker.has("triage");
  const text = `${count(of.alerts.length, "alert")} on ${of.target.node}. ${asks ? "A model may gather more evidence and add to the analysis." : "No model is configured: the local analysis stands on its own."}`;
  return { reports: [{ node: "orchestrator", text, author: "local" }] };
};

export const count = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;
