import { compose } from "../compose";
import type { Room } from "../room";
import type { InvestigationState, Update } from "../state";

/** Writes for people: a summary, the same for Slack, and a line for a status page. */
export const comms =
  (room: Room) =>
  async (state: InvestigationState): Promise<Update> => {
    const messages = compose(room.investigator.case, state, room.screen.plain);
    const author = state.written[0]?.author ?? "local";
    return {
      messages,
      authors: { summary: author },
      reports: [{ node: "comms", text: messages.statusLine, author: "local" }],
    };
  };
