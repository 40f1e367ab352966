import { chargeAttempt } from "@/lib/auth/attempts";
import { signInByPassword } from "@/lib/auth/people";
import { SIGN_IN } from "@/lib/contracts/auth";
import { jsonWithCookies } from "@/lib/http/answer";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(SIGN_IN, {
  POST: async ({ db, body: { email, password }, request }) => {
    await chargeAttempt(email);
    const { person, cookies } = await signInByPassword(db, email, password, request.headers);
    return jsonWithCookies({ user: person }, cookies);
  },
});
