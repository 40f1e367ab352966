import type { StreamEvent } from "@/lib/db/commit";

/** How many incidents these events open, of agents and of services alike. */
export const countOpened = (events: readonly StreamEvent[]): number =>
  events.filter(({ type }) => type === "incident.opened").length;
