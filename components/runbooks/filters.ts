import { parseAsString } from "nuqs";

export const runbookFilters = { q: parseAsString.withDefault(""), open: parseAsString };
