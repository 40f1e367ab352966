import { ASSIGNEES } from "@/lib/contracts/incidents";
import { hasRole } from "@/lib/auth/people";
import { listUsers } from "@/lib/db/queries/users";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(ASSIGNEES, {
  GET: async ({ db }) => ({
    people: (await listUsers(db))
      .filter((person) => hasRole(person, "operator"))
      .map(({ id, name }) => ({ id, name }))
      .toSorted((a, b) => a.name.localeCompare(b.name)),
  }),
});
