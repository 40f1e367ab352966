import { unlinkSlackAccount } from "@/lib/auth/slack-accounts";
import { SLACK_ACCOUNT } from "@/lib/contracts/slack";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(SLACK_ACCOUNT, {
  DELETE: ({ db, params, user, now }) => unlinkSlackAccount(db, params.id, user, now),
});
