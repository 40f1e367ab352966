import { type Command, InvalidArgumentError, Option } from "commander";
import { createApiToken } from "@/lib/auth/api-tokens";
import { apiTokenView } from "@/lib/auth/views";
import { NewApiTokenBody } from "@/lib/contracts/tokens";
import { TOKEN_ROLES, TOKEN_SCOPES, type TokenRole } from "@/lib/core/base/vocabulary";
import { COMMAND_LINE } from "@/lib/db/audit";
import { listApiTokens, setApiTokenRevoked } from "@/lib/db/queries/api-tokens";
import { check } from "@/lib/http/problem";
import { day, print, table, withDb } from "./database";

type Json = { json?: boolean };

const DAY_MS = 86_400_000;
const DAYS = { d: 1, w: 7, y: 365 } as const;

/** Days of `90d`, `12w` or `1y`. */
export function daysOf(text: string): number {
  const match = /^(\d{1,4})([dwy])$/.exec(text);
  if (!match) throw new InvalidArgumentError("It must look like 90d, 12w or 1y.");
  return Number(match[1]) * DAYS[match[2] as keyof typeof DAYS];
}

/** `tokens create|list|revoke` */
export function registerTokens(program: Command): void {
  const tokens = program.command("tokens").description("API tokens for scripts, dashboards and CI");

  tokens
    .command("create")
    .description("Create a token and print it once")
    .requiredOption("--name <name>", "what the token is for; its actions are recorded under this name")
    .addOption(
      new Option("--role <role>", "viewer can read; operator can also act").choices(TOKEN_ROLES).makeOptionMandatory(),
    )
    .addOption(
      new Option(
        "--scope <scope...>",
        "what the token may do over MCP besides reading; hold: put an agent on hold. By default nothing",
      ).choices(TOKEN_SCOPES),
    )
    .option("--expires <time>", "how long it is valid, such as 90d, 12w or 1y; by default until revoked", daysOf)
    .option("--json", "print JSON")
    .action(async (options: { name: string; role: TokenRole; scope?: string[]; expires?: number } & Json) => {
      const body = check(
        NewApiTokenBody,
        { name: options.name, role: options.role, scopes: options.scope, expires_in_days: options.expires },
        "body",
      );
      const now = Date.now();
      const expiresAt = body.expires_in_days ? now + body.expires_in_days * DAY_MS : null;
      const { name, role, scopes = [] } = body;
      const { row, secret } = await withDb((db) =>
        createApiToken(db, { name, role, scopes, expiresAt, createdBy: "command line" }, now),
      );
      print(options.json, { token: apiTokenView(row), secret }, [secret]);
    });

  tokens
    .command("list")
    .description("List all tokens, including expired and revoked ones")
    .option("--json", "print JSON")
    .action(async (options: Json) => {
      const rows = (await withDb((db) => listApiTokens(db))).map(apiTokenView);
      const lines = rows.map((token) => [
        token.id,
        `${token.shown}…`,
        token.name,
        [token.role, ...token.scopes].join(", "),
        day(token.created_at),
        day(token.last_used_at),
        token.revoked_at !== null ? `revoked ${day(token.revoked_at)}` : expiry(token.expires_at, Date.now()),
      ]);
      print(
        options.json,
        { tokens: rows },
        table([["id", "token", "name", "role", "created", "last used", ""], ...lines]),
      );
    });

  tokens
    .command("revoke")
    .description("Revoke a token; requests with it are rejected immediately")
    .argument("<id>", "ID, as listed")
    .action(async (id: string) => {
      if (!(await withDb((db) => setApiTokenRevoked(db, id, Date.now(), COMMAND_LINE))))
        throw new Error(`Token not found or already revoked: ${id}`);
      console.log("revoked");
    });
}

function expiry(at: number | null, now: number): string {
  if (at === null) return "does not expire";
  return at <= now ? `expired ${day(at)}` : `expires ${day(at)}`;
}
