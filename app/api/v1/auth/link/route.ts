import { attempt } from "@/lib/auth/attempts";
import { deviceCookie } from "@/lib/auth/device";
import { redeemLink } from "@/lib/auth/links";
import { recordingFailure } from "@/lib/auth/sign-ins";
import { LINK } from "@/lib/contracts/auth";
import { jsonWithCookies } from "@/lib/http/answer";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(LINK, {
  POST: async ({ db, body, request, now }) => {
    const { headers } = request;
    const redeem = () => redeemLink(db, body, headers, now);
    const check = () => recordingFailure(db, { email: null, how: "link", headers }, now, redeem);
    const { person, cookies } = await attempt(db, { email: null, headers }, now, check);
    cookies.append("set-cookie", await deviceCookie(db, person.email));
    return jsonWithCookies({ user: person }, cookies);
  },
});
