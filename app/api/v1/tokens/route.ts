import { createApiToken } from "@/lib/auth/api-tokens";
import { apiTokenView } from "@/lib/auth/views";
import { TOKENS } from "@/lib/contracts/tokens";
import { listApiTokens } from "@/lib/db/queries/api-tokens";
import { route } from "@/lib/http/route";

const DAY_MS = 86_400_000;

export const { GET, POST, PUT, PATCH, DELETE } = route(TOKENS, {
  GET: async ({ db }) => ({ tokens: (await listApiTokens(db)).map(apiTokenView) }),
  POST: async ({ db, body, user, now }) => {
    const { name, role, scopes = [], expires_in_days: days } = body;
    const expiresAt = days ? now + days * DAY_MS : null;
    const made = { name, role, scopes, expiresAt, createdBy: user.email, by: user };
    const { row, secret } = await createApiToken(db, made, now);
    return { token: apiTokenView(row), secret };
  },
});
