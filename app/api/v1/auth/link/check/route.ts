import { checkLink } from "@/lib/auth/links";
import { LINK_CHECK } from "@/lib/contracts/auth";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(LINK_CHECK, {
  POST: ({ db, body, now }) => checkLink(db, body.token, now),
});
