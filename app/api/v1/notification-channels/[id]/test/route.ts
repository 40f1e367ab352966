import { CHANNEL_TEST } from "@/lib/contracts/notifications";
import { env } from "@/lib/env";
import { route } from "@/lib/http/route";
import { testChannel } from "@/lib/response/notify/channels";
import { notificationView } from "@/lib/views/notifications";

export const { GET, POST, PUT, PATCH, DELETE } = route(CHANNEL_TEST, {
  POST: async ({ db, params, user, now }) =>
    notificationView(db, await testChannel(db, params.id, user, env().SENTINEL_URL ?? null, now)),
});
