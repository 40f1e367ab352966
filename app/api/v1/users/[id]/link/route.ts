import { signInLink } from "@/lib/auth/links";
import { linkView } from "@/lib/auth/views";
import { USER_LINK } from "@/lib/contracts/users";
import { ownOrigin } from "@/lib/http/origin";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(USER_LINK, {
  POST: async ({ db, params, user, request, now }) =>
    linkView(await signInLink(db, params.id, user.email, ownOrigin(request.headers), now, user)),
});
