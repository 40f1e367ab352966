import { sessionSecret } from "@/lib/auth/people";
import { SLACK_INTERACTIONS } from "@/lib/contracts/slack";
import { env } from "@/lib/env";
import { route } from "@/lib/http/route";
import { admitSlack } from "@/lib/response/slack/admit";
import { receiveClick } from "@/lib/response/slack/receive";

export const { GET, POST, PUT, PATCH, DELETE } = route(
  SLACK_INTERACTIONS,
  {
    POST: async ({ db, signers, body, now }) => {
      const bytes = "bytes" in body ? body.bytes : Buffer.alloc(0);
      const { SLACK_URL, SENTINEL_URL = null } = env();
      await receiveClick(db, signers, bytes, { slack: SLACK_URL, origin: SENTINEL_URL, now });
      // Slack wants 200.
      return new Response(null, { status: 200 });
    },
  },
  async (db, headers, bytes, now) => admitSlack(db, headers, bytes, await sessionSecret(db), now),
);
