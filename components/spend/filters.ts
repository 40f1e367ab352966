import { createLoader, parseAsStringLiteral } from "nuqs/server";
import { SPEND_DIMENSIONS } from "@/lib/core/base/vocabulary";

/** The API's words for the time that rows are sorted by. */
export const SORTS = ["now", "today", "month"] as const;

export const spendFilters = {
  by: parseAsStringLiteral(SPEND_DIMENSIONS).withDefault("team"),
  sort: parseAsStringLiteral(SORTS).withDefault("today"),
};
export const loadSpendFilters = createLoader(spendFilters);
