import { DIMENSIONS, type SharedCause } from "@/lib/core/agents/fleet";
import type { Incident } from "@/lib/db/queries/incidents";

export type Cause = Pick<SharedCause, "dimension" | "value">;

export const causeKeyOf = ({ dimension, value }: Cause): string => `${dimension}:${value}`;

/** The shared cause of an external incident; null where none is noted. */
export function causeOf({ causeKey }: Pick<Incident, "causeKey">): Cause | null {
  const [named, ...rest] = (causeKey ?? "").split(":");
  const dimension = DIMENSIONS.find((one) => one === named);
  return dimension ? { dimension, value: rest.join(":") } : null;
}

/** What the agents of a shared cause have in common, as the end of "agents that share". */
export const sharedName = ({ dimension, value }: Cause): string =>
  dimension === "key" ? "an ingest key" : `${dimension} ${value}`;
