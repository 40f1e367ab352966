import { randomUUID } from "node:crypto";
import { type Command, Option } from "commander";
import { inviteLink, type Link, setupLink, signInLink } from "@/lib/auth/links";
import { personOf } from "@/lib/auth/people";
import { linkView } from "@/lib/auth/views";
import { Email, PersonName } from "@/lib/contracts/auth";
import { type Role, ROLES } from "@/lib/core/base/vocabulary";
import { COMMAND_LINE, done } from "@/lib/db/audit";
import type { Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { findUserByEmail, listUsers, newUser } from "@/lib/db/queries/users";
import { env } from "@/lib/env";
import { check } from "@/lib/http/problem";
import { day, print, table, withDb } from "./database";

interface Options {
  email: string;
  role: Role;
  name?: string;
  url?: string;
  json?: boolean;
}

const BY = "command line";

/** `user create|link|list|setup` */
export function registerUser(program: Command): void {
  const user = program.command("user").description("People");
  const origin = (options: { url?: string }) => options.url ?? env().SENTINEL_URL ?? "http://localhost:3000";
  const show = (options: { json?: boolean }, link: Link) => print(options.json, linkView(link), [link.url]);
  const url = () =>
    new Option("--url <origin>", "URL at which people reach Sentinel (SENTINEL_URL, else http://localhost:3000)");

  user
    .command("create")
    .description(
      "Print a one-time link for a new account: with --name it signs them in, without it they choose a name and password",
    )
    .requiredOption("--email <email>")
    .addOption(new Option("--role <role>").choices(ROLES).default("viewer"))
    .option("--name <name>", "create the account now")
    .addOption(url())
    .option("--json", "print JSON")
    .action(async (options: Options) => {
      const email = check(Email, options.email, "body");
      show(options, await withDb((db) => invite(db, { ...options, email }, origin(options))));
    });

  user
    .command("link")
    .description("Print a one-time sign-in link for a person (a forgotten password)")
    .requiredOption("--email <email>")
    .addOption(url())
    .option("--json", "print JSON")
    .action(async (options: Options) => {
      const email = check(Email, options.email, "body");
      const link = await withDb(async (db) => {
        const person = await findUserByEmail(db, email);
        if (!person) throw new Error(`No account has the email ${email}`);
        return signInLink(db, person.id, BY, origin(options), Date.now());
      });
      show(options, link);
    });

  user
    .command("setup")
    .description("Print a new link that creates the first account")
    .addOption(url())
    .option("--json", "print JSON")
    .action(async (options: Options) => {
      const link = await withDb((db) => setupLink(db, origin(options), Date.now()));
      if (!link) throw new Error("An account already exists; an admin can invite you, or use `user create`");
      show(options, link);
    });

  user
    .command("list")
    .description("List everybody with an account")
    .option("--json", "print JSON")
    .action(async (options: { json?: boolean }) => {
      const rows = await withDb((db) => listUsers(db));
      const lines = rows.map((row) => [row.email, row.role, row.name, day(row.createdAt.getTime())]);
      print(options.json, { users: rows.map(personOf) }, table([["email", "role", "name", "since"], ...lines]));
    });
}

async function invite(db: Db, options: Options, origin: string): Promise<Link> {
  const { email, role } = options;
  if (options.name === undefined) return inviteLink(db, { email, role, createdBy: BY }, origin, Date.now());
  const name = check(PersonName, options.name, "body");
  if (await findUserByEmail(db, email)) throw new Error(`An account with the email ${email} already exists`);
  const id = randomUUID();
  const now = Date.now();
  const created = done(now, COMMAND_LINE, "user.create", "user", id, { email, name, role });
  await commit(db, { claims: [], writes: newUser(db, { id, name, email, role }, now), done: [created] });
  return signInLink(db, id, BY, origin, Date.now());
}
