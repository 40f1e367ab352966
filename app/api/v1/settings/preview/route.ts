import { SETTINGS_PREVIEW } from "@/lib/contracts/settings-preview";
import { previewSettings, previewStanding } from "@/lib/evals/replay/preview";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(SETTINGS_PREVIEW, {
  GET: () => previewStanding(),
  POST: ({ body, user, now, request }) => previewSettings(body, user.name, now, request.signal),
});
