import { parseAsString, parseAsStringLiteral } from "nuqs";

export const TABS = ["cases", "incidents", "measured"] as const;
export const SHOWN = ["all", "failed", "passed"] as const;

export const evalFilters = {
  /** Null: the newest run. */
  run: parseAsString,
  /** The run that it is compared with. */
  before: parseAsString,
  set: parseAsStringLiteral(["dev", "second"]).withDefault("dev"),
  class: parseAsString,
  shown: parseAsStringLiteral(SHOWN).withDefault("all"),
};
