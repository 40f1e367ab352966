import { Command } from "commander";
import { EnvError, loadEnvFile } from "@/lib/env";
import { SentinelError } from "@/lib/errors";
import { addCommands } from "./commands";

const program = new Command("sentinel")
  .description("Sentinel's command line. It reads the same environment variables as the server (see .env.example).")
  .showHelpAfterError()
  .configureHelp({ sortSubcommands: true });
addCommands(program);

try {
  loadEnvFile();
  await program.parseAsync();
} catch (error) {
  // What a person did is answered in a sentence; anything else is a bug, and its stack is wanted.
  const expected =
    error instanceof SentinelError || error instanceof EnvError || (error as Error).constructor === Error;
  console.error(expected ? `sentinel: ${(error as Error).message}` : error);
  process.exitCode = 1;
}
