import { SETTINGS } from "@/lib/contracts/overview";
import { loadSettings } from "@/lib/db/queries/settings";
import { route } from "@/lib/http/route";
import { changeSettings } from "@/lib/response/settings";

export const { GET, POST, PUT, PATCH, DELETE } = route(SETTINGS, {
  GET: ({ db }) => loadSettings(db),
  PATCH: ({ db, body, user, now }) => changeSettings(db, body, user, now),
});
