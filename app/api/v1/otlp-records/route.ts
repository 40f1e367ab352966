import { OTLP_RECORDS } from "@/lib/contracts/otlp";
import { route } from "@/lib/http/route";
import { listRecords } from "@/lib/views/otlp-records";

export const { GET, POST, PUT, PATCH, DELETE } = route(OTLP_RECORDS, { GET: ({ db }) => listRecords(db) });
