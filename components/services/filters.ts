import { parseAsBoolean, parseAsString, parseAsStringLiteral } from "nuqs";
import type { ServiceSummary } from "@/lib/contracts/services";
import { SERVICE_STATES } from "@/lib/core/base/vocabulary";

/** What of the list is in its URL. All services come in one answer: they are filtered where they are shown. */
export const serviceFilters = {
  q: parseAsString.withDefault(""),
  state: parseAsStringLiteral(SERVICE_STATES),
  owner: parseAsString,
  firing: parseAsBoolean.withDefault(false),
  view: parseAsStringLiteral(["list", "map"]).withDefault("list"),
};

export interface ServiceFilter {
  q: string;
  state: string | null;
  owner: string | null;
  firing: boolean;
}

export const matches = (service: ServiceSummary, { q, state, owner, firing }: ServiceFilter): boolean => {
  const words = q.trim().toLowerCase();
  const said = [service.id, service.owner, service.kind, service.version];
  return (
    (words === "" || said.some((text) => text?.toLowerCase().includes(words))) &&
    (state === null || service.state === state) &&
    (owner === null || service.owner === owner) &&
    (!firing || service.firing > 0)
  );
};
