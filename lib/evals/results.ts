import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { EvalResult } from "@/lib/contracts/evals";
import { RESULTS_FOLDER } from "@/lib/views/measured";

/** Keeps a measured table where the console shows it. Throws when it is not one. */
export function writeResult(name: string, result: EvalResult): void {
  mkdirSync(RESULTS_FOLDER, { recursive: true });
  writeFileSync(join(RESULTS_FOLDER, `${name}.json`), `${JSON.stringify(EvalResult.parse(result), null, 2)}\n`);
}

/** Where it ran, as far as that explains a figure. */
export const machine = (): string => `${availableParallelism()} cores, Node ${process.versions.node}`;
