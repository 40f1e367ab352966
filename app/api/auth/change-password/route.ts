import { chargeAttempt } from "@/lib/auth/attempts";
import { changePassword } from "@/lib/auth/people";
import { CHANGE_PASSWORD } from "@/lib/contracts/auth";
import { jsonWithCookies } from "@/lib/http/answer";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(CHANGE_PASSWORD, {
  POST: async ({ user, body, request }) => {
    await chargeAttempt(user.email);
    const cookies = await changePassword(body.current_password, body.new_password, request.headers);
    return jsonWithCookies({ user }, cookies);
  },
});
