import { actorOf, assertBound } from "@/lib/auth/keys";
import { CHANGES } from "@/lib/contracts/changes";
import { listChanges } from "@/lib/db/queries/changes";
import { route } from "@/lib/http/route";
import { declare } from "@/lib/ingest/declare";

export const { GET, POST, PUT, PATCH, DELETE } = route(CHANGES, {
  GET: async ({ db, query }) => ({ changes: await listChanges(db, query) }),
  POST: async ({ db, body, user, key, now }) => {
    if (key) await assertBound(db, key, body.subject_kind, body.subject_id, "subject_id");
    return declare(db, body, user?.name ?? `key ${key?.name}`, now, user ?? (key ? actorOf(key) : undefined));
  },
});
