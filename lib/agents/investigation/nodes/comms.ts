import { compose } from "../compose";
import type { InvestigationContext } from "../context";
import type { InvestigationState, Update } from "../state";

/** Writes for people: a summary, the same for Slack, and a line for a status page. */
export const comms =
  (ctx: InvestigationContext) =>
  async (state: InvestigationState): Promise<Update> => {
    const messages = compose(ctx.investigator.case, state, ctx.screen.plain);
    const author = state.written[0]?.author ?? "local";
    return {
      messages,
      authors: { summary: author },
      reports: [{ node: "comms", text: messages.statusLine, author: "local" }],
    };
  };
