import { Argument, type Command } from "commander";
import { createKey, revokeKey } from "@/lib/auth/keys";
import { keyView } from "@/lib/auth/views";
import { NewKeyBody } from "@/lib/contracts/keys";
import { KEY_SCOPES } from "@/lib/core/base/vocabulary";
import { COMMAND_LINE } from "@/lib/db/audit";
import { listKeys } from "@/lib/db/queries/keys";
import { changeKeyContent } from "@/lib/response/content";
import { check } from "@/lib/http/problem";
import { day, print, table, withDb } from "./database";

type Json = { json?: boolean };
type CreateOptions = {
  name: string;
  agent?: string;
  prefix?: string;
  scopes: string;
  services?: string;
  identity?: string;
  storeContent?: boolean;
} & Json;

const list = (text: string): string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

/** `keys create|list|revoke` */
export function registerKeys(program: Command): void {
  const keys = program.command("keys").description("Ingest keys for agents and pipelines");

  keys
    .command("create")
    .description("Create a key and print it once")
    .requiredOption("--name <name>", "what the key is for")
    .option("--agent <id>", "the key reports for this agent only")
    .option("--prefix <prefix>", "the key reports for agents whose ID begins with this")
    .option("--scopes <list>", `what the key may send, comma-separated: ${KEY_SCOPES.join(", ")}`, "events,changes")
    .option(
      "--services <list>",
      "services whose logs and changes it may send, comma-separated; payments-* or * for many",
    )
    .option(
      "--identity <template>",
      "template for agents' IDs over OpenTelemetry, such as {service.name}:{user.email|host.name}",
    )
    .option(
      "--store-content",
      "store prompts, tool arguments and outputs that it sends, with secrets redacted, for a few days",
    )
    .option("--json", "print JSON")
    .action(async (options: CreateOptions) => {
      const { agent_id, name_prefix, ...rest } = check(
        NewKeyBody,
        {
          name: options.name,
          agent_id: options.agent,
          name_prefix: options.prefix,
          scopes: list(options.scopes),
          services: list(options.services ?? ""),
          identity: options.identity,
          content: options.storeContent,
        },
        "body",
      );
      const bound = { ...rest, agentId: agent_id, namePrefix: name_prefix };
      const { row, secret } = await withDb((db) => createKey(db, { ...bound, createdBy: "command line" }, Date.now()));
      print(options.json, { key: keyView(row), secret }, [secret]);
    });

  keys
    .command("list")
    .description("List all keys, including revoked ones")
    .option("--json", "print JSON")
    .action(async (options: Json) => {
      const rows = (await withDb((db) => listKeys(db))).map(keyView);
      const lines = rows.map((key) => [
        key.id,
        `${key.shown}…`,
        key.name,
        key.scopes.join(", "),
        key.agent_id ?? (key.name_prefix ? `${key.name_prefix}*` : "any agent"),
        key.services.join(", ") || "none",
        day(key.created_at),
        day(key.last_used_at),
        key.revoked_at === null ? "" : `revoked ${day(key.revoked_at)}`,
      ]);
      print(
        options.json,
        { keys: rows },
        table([["id", "key", "name", "sends", "agents", "services", "created", "last used", ""], ...lines]),
      );
    });

  keys
    .command("content")
    .description("Start or stop storing prompts, tool arguments and outputs that a key sends")
    .argument("<id>", "ID, as listed")
    .addArgument(new Argument("<switch>").choices(["on", "off"]))
    .action(async (id: string, to: "on" | "off") => {
      const by = { id: "command line", name: "the command line" };
      await withDb((db) => changeKeyContent(db, id, to === "on", by, Date.now()));
      console.log(to);
    });

  keys
    .command("revoke")
    .description("Revoke a key; agents that use it are rejected within a second")
    .argument("<id>", "ID, as listed")
    .action(async (id: string) => {
      if (!(await withDb((db) => revokeKey(db, id, Date.now(), COMMAND_LINE))))
        throw new Error(`Key not found or already revoked: ${id}`);
      console.log("revoked");
    });
}
