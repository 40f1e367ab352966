import type { OtlpRecordsAnswer } from "@/lib/contracts/otlp";
import type { Db } from "@/lib/db/client";
import { listOtlpRecords } from "@/lib/db/queries/otlp";

type Row = OtlpRecordsAnswer["records"][number];

/** What came over OTLP, the latest first. */
export async function listRecords(db: Db): Promise<Pick<OtlpRecordsAnswer, "records">> {
  const rows = await listOtlpRecords(db);
  return {
    records: rows.map(({ counts, key }) => ({
      key,
      program: counts.program,
      scope: counts.scope,
      signal: counts.signal,
      name: counts.name,
      fate: counts.fate as Row["fate"],
      records: counts.records,
      last_at: counts.lastAt,
    })),
  };
}
