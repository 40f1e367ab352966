import { type inferParserType, parseAsInteger, parseAsString, parseAsStringLiteral } from "nuqs";

export const PERIODS = { "1h": 3_600_000, "24h": 86_400_000, "7d": 7 * 86_400_000, "30d": 30 * 86_400_000 } as const;

/** What of the log is in its URL. */
export const auditFilters = {
  actor: parseAsString,
  action: parseAsString,
  subject: parseAsString.withDefault(""),
  since: parseAsStringLiteral(Object.keys(PERIODS) as (keyof typeof PERIODS)[]),
  before: parseAsInteger,
};
export type AuditFilters = inferParserType<typeof auditFilters>;
