import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { TARGET_TOKEN_HEADER } from "./target-faults";

const HELP = `target-control restart|rollback|deploy|stop|status --control-url URL --token-file FILE

  --version V      deploy: which version, such as 2.0.0
  --config JSON    deploy: its configuration, such as '{"store_timeout_ms": 12}'

Prints the target's status as JSON, and ends with 0, once its health check answers again. Otherwise: 1, and why.`;

/** The target's own start takes seconds; whoever waits longer than this waits in vain. */
const WITHIN_MS = 90_000;
const COMMANDS = new Set(["restart", "rollback", "deploy", "stop", "status"]);

async function main() {
  const text = { type: "string" } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { "control-url": text, "token-file": text, version: text, config: text, help: { type: "boolean" } },
  });
  if (values.help) return console.log(HELP);
  const [command = ""] = positionals;
  const { "control-url": url, "token-file": tokenFile } = values;
  if (positionals.length !== 1 || !COMMANDS.has(command)) throw new Error(`say one of ${[...COMMANDS].join(", ")}`);
  if (!url || !tokenFile) throw new Error("--control-url and --token-file are required");
  const release = {
    ...(values.version && { version: values.version }),
    ...(values.config && { config: JSON.parse(values.config) as unknown }),
  };
  if (command !== "deploy" && Object.keys(release).length > 0) throw new Error("--version and --config are for deploy");
  const answer = await fetch(new URL(command, url), {
    method: command === "status" ? "GET" : "POST",
    headers: { [TARGET_TOKEN_HEADER]: readFileSync(tokenFile, "utf8").trim(), "content-type": "application/json" },
    signal: AbortSignal.timeout(WITHIN_MS),
    ...(command === "deploy" && { body: JSON.stringify(release) }),
  });
  const body = (await answer.json()) as { error?: string };
  if (!answer.ok) throw new Error(body.error ?? `the supervisor answered ${answer.status}`);
  console.log(JSON.stringify(body));
}

main().catch((error: unknown) => {
  console.error(`target-control: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});
