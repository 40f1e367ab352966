import type { Room } from "../room";
import type { Update } from "../state";

/** Opens the case: what the alerts themselves say is looked through before anybody reads it. */
export const orchestrator = (room: Room) => async (): Promise<Update> => {
  const { case: of } = room.investigator;
  room.screen.inspect("alert", of.title, of.target.node);
  room.screen.inspect("alert", of.alerts);
  const asks = room.asker.has("analysis") || room.asker.has("triage");
  const text = `${count(of.alerts.length, "alert")} on ${of.target.node}. ${asks ? "A model may read further and write on top of the analysis." : "No model is configured: the analysis stands by itself."}`;
  return { reports: [{ node: "orchestrator", text, author: "local" }] };
};

export const count = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;
