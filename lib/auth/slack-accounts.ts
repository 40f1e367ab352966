import type { SlackAccountBody, SlackAccountView } from "@/lib/contracts/slack";
import type { By } from "@/lib/db/audit";
import type { Db } from "@/lib/db/client";
import { newId } from "@/lib/db/ids";
import { deleteSlackAccount, insertSlackAccount, type SlackAccount } from "@/lib/db/queries/slack";
import { findUser } from "@/lib/db/queries/users";
import { invalidField, SentinelError } from "@/lib/errors";

/**
 * Lets a person in Slack act as an account. Only admins do: a link that people made themselves could be handed to somebody else to
 * open, whose account it would then give away. Throws `conflict` when that person is linked already.
 */
export async function linkSlackAccount(
  db: Db,
  { user_id, team_id, slack_user_id }: SlackAccountBody,
  by: By & { name: string },
  now: number,
): Promise<SlackAccount> {
  if (!(await findUser(db, user_id))) throw invalidField("user_id", "no account has this ID");
  const row: SlackAccount = { id: newId("sla"), teamId: team_id, slackUserId: slack_user_id, userId: user_id, createdBy: by.name, createdAt: now }; // prettier-ignore
  if (await insertSlackAccount(db, row, by)) return row;
  throw new SentinelError("conflict", { detail: `${slack_user_id} in ${team_id} is linked already: unlink it first.` });
}

/** Ends a link. Throws `not_found`. */
export async function unlinkSlackAccount(db: Db, id: string, by: By, now: number): Promise<void> {
  if (!(await deleteSlackAccount(db, id, by, now)))
    throw new SentinelError("not_found", { detail: "No link to a Slack account has this ID" });
}

export const slackAccountView = (row: SlackAccount): SlackAccountView => ({
  id: row.id,
  user_id: row.userId,
  team_id: row.teamId,
  slack_user_id: row.slackUserId,
  created_at: row.createdAt,
  created_by: row.createdBy,
});
