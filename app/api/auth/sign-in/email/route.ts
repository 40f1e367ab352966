import { attempt } from "@/lib/auth/attempts";
import { deviceCookie } from "@/lib/auth/device";
import { signInByPassword } from "@/lib/auth/people";
import { recordingFailure, recordSignIn } from "@/lib/auth/sign-ins";
import { SIGN_IN } from "@/lib/contracts/auth";
import { jsonWithCookies } from "@/lib/http/answer";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(SIGN_IN, {
  POST: async ({ db, body: { email, password }, request: { headers }, now }) => {
    const check = () => signInByPassword(db, email, password, headers);
    const recorded = () => recordingFailure(db, { email, how: "password", headers }, now, check);
    const { person, cookies } = await attempt(db, { email, headers }, now, recorded);
    await recordSignIn(db, person, "password", headers, now);
    cookies.append("set-cookie", await deviceCookie(db, email));
    return jsonWithCookies({ user: person }, cookies);
  },
});
