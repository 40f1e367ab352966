import { chargeEvents } from "@/lib/auth/keys";
import { REGISTER } from "@/lib/contracts/ingest";
import { route } from "@/lib/http/route";
import { register } from "@/lib/loop/register";

export const { GET, POST, PUT, PATCH, DELETE } = route(REGISTER, {
  POST: async ({ db, body, key, now }) => {
    await chargeEvents(key, 1);
    return register(db, key, body, now);
  },
});
