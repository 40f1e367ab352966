import { Command } from "commander";
import { EnvError, loadEnvFile } from "@/lib/env";
import { SentinelError } from "@/lib/errors";
import { registerBacktest } from "./backtest";
import { registerDoctor } from "./doctor";
import { registerInvestigate } from "./investigate";
import { registerKeys } from "./keys";
import { registerReplay } from "./replay";
import { registerScenario } from "./scenario";
import { registerTemplates } from "./templates";
import { registerTokens } from "./tokens";
import { registerUser } from "./user";

const program = new Command("sentinel")
  .description("Sentinel's command line. The environment (see .env.example) says where the database is.")
  .showHelpAfterError()
  .configureHelp({ sortSubcommands: true });

registerBacktest(program);
registerReplay(program);
registerInvestigate(program);
registerKeys(program);
registerScenario(program);
registerTemplates(program);
registerTokens(program);
registerUser(program);
registerDoctor(program);

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
