import type { SharedCause } from "@/lib/core/agents/fleet";
import type { Incident } from "@/lib/db/queries/incidents";

export type Cause = Pick<SharedCause, "dimension" | "value">;

export const causeKeyOf = ({ dimension, value }: Cause): string => `${dimension}:${value}`;

/** The shared cause of an external incident; null where none is noted. */
export function causeOf({ causeKey }: Pick<Incident, "causeKey">): Cause | null {
  const [dimension, ...rest] = (causeKey ?? "").split(":");
  return dimension === "tool" || dimension === "model" || dimension === "provider"
    ? { dimension, value: rest.join(":") }
    : null;
}
