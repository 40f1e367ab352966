import { sessionSecret } from "@/lib/auth/people";
import { CHANNEL } from "@/lib/contracts/notifications";
import { route } from "@/lib/http/route";
import { changeChannel, removeChannel } from "@/lib/response/notify/channels";
import { channelView } from "@/lib/views/notifications";

export const { GET, POST, PUT, PATCH, DELETE } = route(CHANNEL, {
  PATCH: async ({ db, params, body, user, now }) =>
    channelView(await changeChannel(db, params.id, body, await sessionSecret(db), user, now)),
  DELETE: ({ db, params, user, now }) => removeChannel(db, params.id, user, now),
});
