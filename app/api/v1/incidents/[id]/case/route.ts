import { INCIDENT_CASE } from "@/lib/contracts/frozen-case";
import { recordAct } from "@/lib/db/queries/audit";
import { serviceConfig } from "@/lib/config/services";
import { route } from "@/lib/http/route";
import { freezeIncident } from "@/lib/response/freeze";
import { processIntegrations } from "@/lib/runtime/integrations";

export const { GET, POST, PUT, PATCH, DELETE } = route(INCIDENT_CASE, {
  GET: async ({ db, params, user, now }) => {
    const { watched, allowList } = await processIntegrations();
    const file = await freezeIncident(db, params.id, { watched, allowList, config: serviceConfig(new Map()) }, now);
    await recordAct(db, user, ["incident.export_case", "incident", params.id], now);
    return new Response(`${JSON.stringify(file, null, 1)}\n`, {
      headers: {
        "content-type": "application/json",
        "content-disposition": `attachment; filename="${file.id}.case.json"`,
        "cache-control": "no-store",
      },
    });
  },
});
