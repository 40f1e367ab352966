import { OTLP_RECORDS } from "@/lib/contracts/otlp";
import { route } from "@/lib/http/route";
import { ALIASES_VERSION } from "@/lib/ingest/otlp/aliases";
import { PRICES_DATE } from "@/lib/ingest/otlp/prices";
import { listRecords } from "@/lib/views/otlp-records";

export const { GET, POST, PUT, PATCH, DELETE } = route(OTLP_RECORDS, {
  GET: async ({ db }) => ({ aliases: ALIASES_VERSION, prices: PRICES_DATE, ...(await listRecords(db)) }),
});
