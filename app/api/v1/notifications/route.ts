import { NOTIFICATIONS } from "@/lib/contracts/notifications";
import { route } from "@/lib/http/route";
import { notificationLog } from "@/lib/views/notifications";

export const { GET, POST, PUT, PATCH, DELETE } = route(NOTIFICATIONS, {
  GET: async ({ db, query }) => ({
    notifications: await notificationLog(db, { channelId: query.channel, limit: query.limit }),
  }),
});
