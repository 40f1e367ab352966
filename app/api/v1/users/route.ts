import { inviteLink } from "@/lib/auth/links";
import { linkView, userView } from "@/lib/auth/views";
import { USERS } from "@/lib/contracts/users";
import { listUsers } from "@/lib/db/queries/users";
import { ownOrigin } from "@/lib/http/origin";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(USERS, {
  GET: async ({ db }) => ({ users: (await listUsers(db)).map(userView) }),
  POST: async ({ db, body, user, request, now }) =>
    linkView(await inviteLink(db, { ...body, createdBy: user.email, by: user }, ownOrigin(request.headers), now)),
});
