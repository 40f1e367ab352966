import { NOTIFICATION_RESEND } from "@/lib/contracts/notifications";
import { route } from "@/lib/http/route";
import { resend } from "@/lib/response/notify/channels";
import { notificationView } from "@/lib/views/notifications";

export const { GET, POST, PUT, PATCH, DELETE } = route(NOTIFICATION_RESEND, {
  POST: async ({ db, params, user, now }) => notificationView(db, await resend(db, params.id, user, now)),
});
