import { CAUSE_FEEDBACK } from "@/lib/contracts/services";
import { causeView } from "@/lib/views/service-story";
import { route } from "@/lib/http/route";
import { giveFeedback } from "@/lib/response/feedback";

export const { GET, POST, PUT, PATCH, DELETE } = route(CAUSE_FEEDBACK, {
  POST: async ({ db, params, body, user, now }) =>
    causeView(await giveFeedback(db, params.id, params.cause, body.thumb, user, now)),
});
