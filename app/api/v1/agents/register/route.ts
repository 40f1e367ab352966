import { REGISTER } from "@/lib/contracts/ingest";
import { route } from "@/lib/http/route";
import { register } from "@/lib/ingest/register";

export const { GET, POST, PUT, PATCH, DELETE } = route(REGISTER, {
  POST: ({ db, body, key, now }) => register(db, key, body, now),
});
