import { CHANGES_GITHUB } from "@/lib/ingest/sources/github/index";
import { route } from "@/lib/http/route";
import { takeGithub } from "@/lib/ingest/github";

export const { GET, POST, PUT, PATCH, DELETE } = route(CHANGES_GITHUB, {
  POST: ({ db, body, request, sender, now }) =>
    takeGithub(db, sender, { event: request.headers.get("x-github-event") ?? "", body }, now),
});
