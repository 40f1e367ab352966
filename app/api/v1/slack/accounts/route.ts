import { linkSlackAccount, slackAccountView } from "@/lib/auth/slack-accounts";
import { SLACK_ACCOUNTS } from "@/lib/contracts/slack";
import { listSlackAccounts } from "@/lib/db/queries/slack";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(SLACK_ACCOUNTS, {
  GET: async ({ db }) => ({ accounts: (await listSlackAccounts(db)).map(slackAccountView) }),
  POST: async ({ db, body, user, now }) => slackAccountView(await linkSlackAccount(db, body, user, now)),
});
