import { createLoader, parseAsInteger, parseAsString, parseAsStringLiteral } from "nuqs/server";
import { INCIDENT_STATES } from "@/lib/core/vocabulary";

export const incidentFilters = {
  state: parseAsStringLiteral(["all", "active", "closed", ...INCIDENT_STATES]).withDefault("all"),
  agent: parseAsString,
  before: parseAsInteger,
};

export const loadIncidentFilters = createLoader(incidentFilters);

/** As the API wants it: what is not filtered by is left out. */
export const incidentsFilter = ({
  state,
  agent,
  before,
}: {
  state: string;
  agent: string | null;
  before: number | null;
}) => ({
  ...(state === "all" ? {} : { state }),
  ...(agent === null ? {} : { agent }),
  ...(before === null ? {} : { before }),
});
