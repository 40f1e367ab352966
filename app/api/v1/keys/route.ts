import { createKey } from "@/lib/auth/keys";
import { keyView } from "@/lib/auth/views";
import { KEYS } from "@/lib/contracts/keys";
import { listKeys } from "@/lib/db/queries/keys";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(KEYS, {
  GET: async ({ db }) => ({ keys: (await listKeys(db)).map(keyView) }),
  POST: async ({ db, body, user, now }) => {
    const { agent_id: agentId, name_prefix: namePrefix, ...rest } = body;
    const { row, secret } = await createKey(db, { ...rest, agentId, namePrefix, createdBy: user.email, by: user }, now);
    return { key: keyView(row), secret };
  },
});
