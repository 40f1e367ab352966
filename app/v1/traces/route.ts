import { OTLP_TRACES } from "@/lib/contracts/otlp";
import { bytesAnswer } from "@/lib/http/answer";
import { route } from "@/lib/http/route";
import { takeExport } from "@/lib/ingest/otlp/take-export";

export const { GET, POST, PUT, PATCH, DELETE } = route(OTLP_TRACES, {
  POST: async ({ db, body, key, charge, now }) =>
    bytesAnswer(await takeExport(db, "traces", { body, key, charge }, now)),
});
