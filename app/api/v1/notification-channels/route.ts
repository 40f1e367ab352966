import { sessionSecret } from "@/lib/auth/people";
import { CHANNELS } from "@/lib/contracts/notifications";
import { listChannels } from "@/lib/db/queries/notifications";
import { env } from "@/lib/env";
import { route } from "@/lib/http/route";
import { createChannel } from "@/lib/response/notify/channels";
import { channelView } from "@/lib/views/notifications";

export const { GET, POST, PUT, PATCH, DELETE } = route(CHANNELS, {
  GET: async ({ db }) => ({
    channels: (await listChannels(db)).map(channelView),
    mail: env().SMTP_URL !== undefined,
    links: env().SENTINEL_URL !== undefined,
  }),
  POST: async ({ db, body, user, now }) =>
    channelView(await createChannel(db, body, await sessionSecret(db), user, now)),
});
