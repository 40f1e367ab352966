import { type Command, Option } from "commander";
import { createKey } from "@/lib/auth/keys";
import { env } from "@/lib/env";
import {
  CONNECTABLE,
  type Connectable,
  guideFor,
  NAMES_REPOSITORY,
  UNREACHABLE_WORDS,
  WHEN_UNREACHABLE,
  type WhenUnreachable,
} from "@/lib/ingest/hooks/guides";
import { print, withDb } from "./database";

interface Options {
  managed?: boolean;
  whenUnreachable: WhenUnreachable;
  key?: string;
  url?: string;
  team?: string;
  repository?: string;
  json?: boolean;
}

/** What needs no quotes in a shell, a header and a list of attributes; as long as a part of an agent's ID. */
const NAME = /^[\w.@/-]{1,60}$/;

const HELP = `
--when-unreachable allow: ${UNREACHABLE_WORDS.allow}
--when-unreachable block: ${UNREACHABLE_WORDS.block}

Without --key, a key is created in the database that LIBSQL_URL points to, so run this on the server. Elsewhere, pass a key.
`;

/** `connect PROGRAM` */
export function registerConnect(program: Command): void {
  program
    .command("connect")
    .description(
      "Print the settings that connect a coding agent, or anything else that sends OpenTelemetry, to this server",
    )
    .argument("<program>", CONNECTABLE.join(" | "))
    .option("--managed", "settings for a fleet, which its users cannot change")
    .addOption(
      new Option("--when-unreachable <choice>", "what happens to calls while Sentinel is unreachable")
        .choices(WHEN_UNREACHABLE)
        .default("allow"),
    )
    .option("--key <key>", "an existing ingest key; by default a new one is created")
    .option("--url <url>", "URL at which the programs reach this server; by default SENTINEL_URL, or this machine")
    .option("--team <name>", "team whose budgets the sessions count towards")
    .option("--repository <name>", `repository, likewise (${NAMES_REPOSITORY.join(", ")})`)
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action(async (name: string, options: Options) => {
      const which = CONNECTABLE.find((one) => one === name);
      if (which === undefined) throw new Error(`<program>: ${name} must be one of ${CONNECTABLE.join(", ")}`);
      if (options.key !== undefined && !/^[\w-]+$/.test(options.key))
        throw new Error("--key: contains characters that cannot occur in an ingest key");
      const { team, repository } = options;
      for (const [option, given] of Object.entries({ team, repository }))
        if (given !== undefined && !NAME.test(given))
          throw new Error(`--${option}: must be 1 to 60 letters, digits, or any of . _ - / @`);
      if (repository !== undefined && !NAMES_REPOSITORY.includes(which))
        throw new Error(`--repository: ${which} sends no such attribute; only ${NAMES_REPOSITORY.join(", ")} do`);
      const key = options.key ?? (await freshKey(which));
      const { managed = false, whenUnreachable } = options;
      const guide = guideFor(which, { url: originOf(options.url), key, managed, whenUnreachable, team, repository });
      print(options.json, { key, ...guide }, [
        ...guide.parts.flatMap(({ where, text }) => [`# ${where}`, "", text, ""]),
        ...guide.notes.map((note) => `# ${note}`),
      ]);
    });
}

/** Throws an error that names the option where it is no address of a server. */
function originOf(given: string | undefined): string {
  const { SENTINEL_URL, PORT } = env();
  const url = given ?? SENTINEL_URL ?? `http://localhost:${PORT}`;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new Error(`--url: ${url} is not an http or https URL`);
  return new URL(url).origin;
}

const freshKey = async (program: Connectable): Promise<string> => {
  const key = { name: program, scopes: ["events" as const], createdBy: "command line" };
  return (await withDb((db) => createKey(db, key, Date.now()))).secret;
};
