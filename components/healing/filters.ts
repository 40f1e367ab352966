import { createLoader, parseAsString, parseAsStringLiteral } from "nuqs/server";
import { OUTCOMES } from "@/lib/core/base/vocabulary";

export const healingFilters = { outcome: parseAsStringLiteral(OUTCOMES), agent: parseAsString };
export const loadHealingFilters = createLoader(healingFilters);

/** As the API wants it: what is not filtered by is left out. */
export const healingFilter = ({ outcome, agent }: { outcome: string | null; agent: string | null }) => ({
  ...(outcome === null ? {} : { outcome }),
  ...(agent === null ? {} : { agent }),
});
