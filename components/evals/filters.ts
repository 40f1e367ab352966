import { CASE_SETS } from "@/lib/core/base/vocabulary";
import { parseAsString, parseAsStringLiteral } from "nuqs";

export const TABS = ["cases", "incidents", "measured"] as const;
export const SHOWN = ["all", "failed", "passed"] as const;

export const evalFilters = {
  /** Null: the newest run. */
  run: parseAsString,
  /** The run that it is compared with. */
  before: parseAsString,
  set: parseAsStringLiteral(CASE_SETS).withDefault("dev"),
  class: parseAsString,
  shown: parseAsStringLiteral(SHOWN).withDefault("all"),
};
