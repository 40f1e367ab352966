import { chargeAttempt } from "@/lib/auth/attempts";
import { redeemLink } from "@/lib/auth/links";
import { LINK } from "@/lib/contracts/auth";
import { jsonWithCookies } from "@/lib/http/answer";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(LINK, {
  POST: async ({ db, body, request, now }) => {
    await chargeAttempt();
    const { person, cookies } = await redeemLink(db, body, request.headers, now);
    return jsonWithCookies({ user: person }, cookies);
  },
});
