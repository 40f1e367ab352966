import { MEMORY } from "@/lib/contracts/overview";
import { loadMemory } from "@/lib/views/memory";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(MEMORY, {
  GET: ({ db, now }) => loadMemory(db, now),
});
