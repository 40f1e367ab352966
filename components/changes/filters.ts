import { createLoader, type inferParserType, parseAsStringLiteral } from "nuqs/server";
import { parseAsText, parseAsWhole } from "@/components/ui/search-params";
import { CHANGE_KINDS, SUBJECT_KINDS } from "@/lib/core/base/vocabulary";

/** What of the log is in its URL. Used on both sides: the server reads the same filter that the browser will ask for. */
export const changeFilters = {
  q: parseAsText.withDefault(""),
  of: parseAsStringLiteral(SUBJECT_KINDS),
  kind: parseAsStringLiteral(CHANGE_KINDS),
  how: parseAsStringLiteral(["declared", "seen"]),
  before: parseAsWhole(1),
};
export const loadChangeFilters = createLoader(changeFilters);

/** As the API wants it: what is not filtered by is left out. */
export const changesFilter = ({ q, of, kind, how, before }: inferParserType<typeof changeFilters>) => ({
  ...(q.trim() === "" ? {} : { q: q.trim() }),
  ...(of === null ? {} : { subject_kind: of }),
  ...(kind === null ? {} : { kind }),
  ...(how === null ? {} : { declared: how === "declared" ? ("true" as const) : ("false" as const) }),
  ...(before === null ? {} : { before }),
});
