import { SESSION } from "@/lib/contracts/auth";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(SESSION, { GET: ({ user }) => ({ user }) });
