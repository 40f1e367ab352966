import { createLoader, type inferParserType, parseAsStringLiteral } from "nuqs/server";
import { parseAsText } from "@/components/ui/search-params";
import { OUTCOMES } from "@/lib/core/base/vocabulary";

export const healingFilters = { outcome: parseAsStringLiteral(OUTCOMES), agent: parseAsText };
export const loadHealingFilters = createLoader(healingFilters);

/** As the API wants it: what is not filtered by is left out. */
export const healingFilter = ({ outcome, agent }: inferParserType<typeof healingFilters>) => ({
  ...(outcome === null ? {} : { outcome }),
  ...(agent === null ? {} : { agent }),
});
