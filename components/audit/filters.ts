import { type inferParserType, parseAsStringLiteral } from "nuqs";
import { parseAsText, parseAsWhole } from "@/components/ui/search-params";

export const PERIODS = { "1h": 3_600_000, "24h": 86_400_000, "7d": 7 * 86_400_000, "30d": 30 * 86_400_000 } as const;

/** What of the log is in its URL. */
export const auditFilters = {
  actor: parseAsText,
  action: parseAsText,
  subject: parseAsText.withDefault(""),
  since: parseAsStringLiteral(Object.keys(PERIODS) as (keyof typeof PERIODS)[]),
  before: parseAsWhole(1),
};
export type AuditFilters = inferParserType<typeof auditFilters>;
