import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import type { BacktestReport } from "@/lib/evals/detection/backtest";
import { registerBacktest } from "./backtest";

/** Runs `sentinel backtest` in this process, and gives the report that it writes into the folder. Throws what the command throws. */
export async function runBacktest(folder: string, args: readonly string[]): Promise<BacktestReport> {
  const out = join(folder, "out.json");
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  registerBacktest(program);
  for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => {} });
  await program.parseAsync(["backtest", ...args, "--json", out], { from: "user" });
  return JSON.parse(await readFile(out, "utf8")) as BacktestReport;
}
