import type { Command } from "commander";
import { registerAudit } from "./audit";
import { registerBacktest } from "./backtest";
import { registerBlame } from "./blame";
import { registerCase } from "./case";
import { registerConnect } from "./connect";
import { registerDoctor } from "./doctor";
import { registerEval } from "./eval";
import { registerImprove } from "./improve";
import { registerInvestigate } from "./investigate";
import { registerKeys } from "./keys";
import { registerReplay } from "./replay";
import { registerScenario } from "./scenario";
import { registerTemplates } from "./templates";
import { registerTokens } from "./tokens";
import { registerUser } from "./user";

/** Every command of `sentinel`. Returns the program that it was given. */
export function addCommands(program: Command): Command {
  registerAudit(program);
  registerBacktest(program);
  registerBlame(program);
  registerCase(program);
  registerConnect(program);
  registerReplay(program);
  registerInvestigate(program);
  registerEval(program);
  registerImprove(program);
  registerKeys(program);
  registerScenario(program);
  registerTemplates(program);
  registerTokens(program);
  registerUser(program);
  registerDoctor(program);
  return program;
}
