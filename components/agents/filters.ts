import { createLoader, type inferParserType, parseAsStringLiteral } from "nuqs/server";
import { parseAsText } from "@/components/ui/search-params";
import { AGENT_STATES } from "@/lib/core/base/vocabulary";

/** What of the grid is in its URL. Used on both sides: the server reads the same filter that the browser will ask for. */
export const agentFilters = {
  q: parseAsText.withDefault(""),
  state: parseAsStringLiteral([...AGENT_STATES, "paused", "silent", "stuck", "not_judged"]),
  type: parseAsText,
};

export const loadAgentFilters = createLoader(agentFilters);

/** As the API wants it: what is not filtered by is left out. */
export const agentsFilter = ({ q, state, type }: inferParserType<typeof agentFilters>) => ({
  ...(q.trim() === "" ? {} : { q: q.trim() }),
  ...(state === null ? {} : { state }),
  ...(type === null ? {} : { type }),
});
