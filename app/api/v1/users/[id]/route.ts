import { changeRole, dismiss } from "@/lib/auth/roles";
import { userView } from "@/lib/auth/views";
import { USER } from "@/lib/contracts/users";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(USER, {
  PATCH: async ({ db, params, body, user, now }) => userView(await changeRole(db, params.id, body.role, user, now)),
  DELETE: ({ db, params, user, now }) => dismiss(db, params.id, user, now),
});
