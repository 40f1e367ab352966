import { changeRole, dismiss } from "@/lib/auth/roles";
import { userView } from "@/lib/auth/views";
import { USER } from "@/lib/contracts/users";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(USER, {
  PATCH: async ({ db, params, body, now }) => userView(await changeRole(db, params.id, body.role, now)),
  DELETE: ({ db, params }) => dismiss(db, params.id),
});
