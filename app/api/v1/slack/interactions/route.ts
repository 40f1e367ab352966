import { sessionSecret } from "@/lib/auth/people";
import { SLACK_INTERACTIONS } from "@/lib/contracts/slack";
import { env } from "@/lib/env";
import { route } from "@/lib/http/route";
import { receiveClick } from "@/lib/response/slack/receive";

export const { GET, POST, PUT, PATCH, DELETE } = route(SLACK_INTERACTIONS, {
  POST: async ({ db, request, body, now }) => {
    const bytes = "bytes" in body ? body.bytes : Buffer.alloc(0);
    await receiveClick(db, request.headers, bytes, { slack: env().SLACK_URL, secret: await sessionSecret(db), now });
    // Slack wants 200.
    return new Response(null, { status: 200 });
  },
});
