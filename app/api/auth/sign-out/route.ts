import { currentUser, signOut } from "@/lib/auth/people";
import { recordAct } from "@/lib/db/queries/audit";
import { SIGN_OUT } from "@/lib/contracts/auth";
import { jsonWithCookies } from "@/lib/http/answer";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(SIGN_OUT, {
  POST: async ({ db, request: { headers }, now }) => {
    const user = await currentUser(headers);
    const cookies = await signOut(headers);
    if (user) await recordAct(db, user, ["user.sign_out", "user", user.id], now);
    return jsonWithCookies({ ok: true }, cookies);
  },
});
