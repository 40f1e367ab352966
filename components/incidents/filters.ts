import { createLoader, type inferParserType, parseAsStringLiteral } from "nuqs/server";
import { parseAsText, parseAsWhole } from "@/components/ui/search-params";
import { INCIDENT_STATES } from "@/lib/core/base/vocabulary";

export const KINDS = ["all", "agents", "services"] as const;

export const ASSIGNEES = ["any", "me", "none"] as const;

export const incidentFilters = {
  state: parseAsStringLiteral(["all", "active", "closed", ...INCIDENT_STATES]).withDefault("all"),
  kind: parseAsStringLiteral(KINDS).withDefault("all"),
  assignee: parseAsStringLiteral(ASSIGNEES).withDefault("any"),
  severity: parseAsWhole(0, 10),
  agent: parseAsText,
  service: parseAsText,
  before: parseAsWhole(1),
};

export const loadIncidentFilters = createLoader(incidentFilters);

/** As the API wants it: what is not filtered by is left out. */
export const incidentsFilter = ({
  state,
  kind,
  assignee,
  severity,
  agent,
  service,
  before,
}: inferParserType<typeof incidentFilters>) => ({
  ...(state === "all" ? {} : { state }),
  ...(kind === "all" ? {} : { kind }),
  ...(assignee === "any" ? {} : { assignee }),
  ...(severity === null ? {} : { min_severity: severity }),
  ...(agent === null ? {} : { agent }),
  ...(service === null ? {} : { service }),
  ...(before === null ? {} : { before }),
});
