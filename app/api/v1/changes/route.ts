import { may } from "@/lib/auth/keys";
import { CHANGES } from "@/lib/contracts/changes";
import { listChanges } from "@/lib/db/queries/changes-view";
import { SentinelError } from "@/lib/errors";
import { route } from "@/lib/http/route";
import { declare } from "@/lib/loop/declare";

export const { GET, POST, PUT, PATCH, DELETE } = route(CHANGES, {
  GET: async ({ db, query }) => ({ changes: await listChanges(db, query) }),
  POST: ({ db, body, user, key, now }) => {
    if (key && !may(key, body.subject_id))
      throw new SentinelError("forbidden", { detail: "This key may not speak for this subject" });
    return declare(db, body, user?.name ?? `key ${key?.name}`, now);
  },
});
