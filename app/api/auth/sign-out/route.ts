import { signOut } from "@/lib/auth/people";
import { SIGN_OUT } from "@/lib/contracts/auth";
import { jsonWithCookies } from "@/lib/http/answer";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(SIGN_OUT, {
  POST: async ({ request }) => jsonWithCookies({ ok: true }, await signOut(request.headers)),
});
