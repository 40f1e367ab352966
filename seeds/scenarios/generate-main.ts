import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generate, write, writeAfter } from "./generate";
import { PLOTS } from "./plots";

/** `npx tsx seeds/scenarios/generate-main.ts` writes every scenario, and its cause and continuation into folders of their own. */
const folder = import.meta.dirname;
for (const part of ["answers", "after"]) mkdirSync(join(folder, part), { recursive: true });
for (const plot of PLOTS) {
  const { evidence, answer, after } = generate(plot);
  writeFileSync(join(folder, "after", `${plot.id}.json`), writeAfter(after));
  writeFileSync(join(folder, `${plot.id}.json`), write(evidence));
  writeFileSync(join(folder, "answers", `${plot.id}.json`), `${JSON.stringify(answer, null, 2)}\n`);
}
