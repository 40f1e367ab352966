import { attempt } from "@/lib/auth/attempts";
import { recordAct } from "@/lib/db/queries/audit";
import { changePassword } from "@/lib/auth/people";
import { CHANGE_PASSWORD } from "@/lib/contracts/auth";
import { jsonWithCookies } from "@/lib/http/answer";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(CHANGE_PASSWORD, {
  POST: async ({ db, user, body, request: { headers }, now }) => {
    const check = () => changePassword(body.current_password, body.new_password, headers);
    const cookies = await attempt(db, { email: user.email, headers }, now, check);
    await recordAct(db, user, ["user.change_password", "user", user.id], now, { how: "password" });
    return jsonWithCookies({ user }, cookies);
  },
});
