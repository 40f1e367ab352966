import type { Command } from "commander";
import { createKey, revokeKey } from "@/lib/auth/keys";
import { keyView } from "@/lib/auth/views";
import { NewKeyBody } from "@/lib/contracts/keys";
import { listKeys } from "@/lib/db/queries/keys";
import { check } from "@/lib/http/problem";
import { day, print, table, withDb } from "./database";

type Json = { json?: boolean };

/** `keys create|list|revoke` */
export function registerKeys(program: Command): void {
  const keys = program.command("keys").description("Keys that agents report with");

  keys
    .command("create")
    .description("Make a key and print it, this once")
    .requiredOption("--name <name>", "what the key is for")
    .option("--agent <id>", "the key speaks for this agent only")
    .option("--prefix <prefix>", "the key speaks for agents whose id begins with this")
    .option("--json", "print JSON")
    .action(async (options: { name: string; agent?: string; prefix?: string } & Json) => {
      const body = check(
        NewKeyBody,
        { name: options.name, agent_id: options.agent, name_prefix: options.prefix },
        "body",
      );
      const bound = { name: body.name, agentId: body.agent_id, namePrefix: body.name_prefix };
      const { row, secret } = await withDb((db) => createKey(db, { ...bound, createdBy: "command line" }, Date.now()));
      print(options.json, { key: keyView(row), secret }, [secret]);
    });

  keys
    .command("list")
    .description("List every key, revoked ones too")
    .option("--json", "print JSON")
    .action(async (options: Json) => {
      const rows = (await withDb((db) => listKeys(db))).map(keyView);
      const lines = rows.map((key) => [
        key.id,
        `${key.shown}…`,
        key.name,
        key.agent_id ?? (key.name_prefix ? `${key.name_prefix}*` : "any agent"),
        day(key.created_at),
        day(key.last_used_at),
        key.revoked_at === null ? "" : `revoked ${day(key.revoked_at)}`,
      ]);
      print(
        options.json,
        { keys: rows },
        table([["id", "key", "name", "speaks for", "created", "last used", ""], ...lines]),
      );
    });

  keys
    .command("revoke")
    .description("End a key; agents that use it are refused within a second")
    .argument("<id>", "as listed")
    .action(async (id: string) => {
      if (!(await withDb((db) => revokeKey(db, id, Date.now()))))
        throw new Error(`There is no such key, or it was revoked before: ${id}`);
      console.log("revoked");
    });
}
