import { Command } from "commander";
import { calibration } from "./calibrate";
import { asd, nab } from "./measure-gauges";
import { mscloud } from "./measure-mscloud";
import { autocoderover, azure, llmlatency } from "./measure-real";
import { intercode, sweagent } from "./measure-runs";
import { mcpmark } from "./measure-totals";
import { faults, lognormal, slow } from "./measure-synthetic";
import type { EvalResult } from "@/lib/contracts/evals";
import { titleOf } from "@/lib/views/measured";
import { adversarial } from "../adversarial/adversarial";
import { injection } from "../adversarial/injection";
import { orders } from "../analysis/injection-orders";
import { microirc } from "../analysis/microirc";
import { nezha } from "../analysis/nezha";
import { opensre } from "../analysis/opensre";
import { petshop } from "../analysis/petshop";
import { rcbench } from "../analysis/rcbench";
import { rcd } from "../analysis/rcd";
import { tvdiag } from "../analysis/tvdiag";
import { templates } from "../analysis/templates";
import { whoandwhen } from "../analysis/whoandwhen";
import { trainticket } from "../analysis/trainticket";
import { hostile } from "../hostile/measure";
import { machine, writeResult } from "../results";
import { carryOut, markdownTable } from "./accuracy";
import { type Line, table } from "./table";

/** Measurements of the detector, by name; those of real data need the directory they are kept in. */
const SYNTHETIC: Record<string, () => Line[] | Promise<Line[]>> = {
  lognormal,
  calibration,
  faults,
  slow,
  adversarial,
  injection,
  orders,
  hostile,
};
const REAL: Record<string, (data: string) => Promise<Line[]>> = {
  azure,
  autocoderover,
  sweagent,
  intercode,
  mcpmark,
  llmlatency,
  nab,
  mscloud,
  asd,
  petshop,
  nezha,
  trainticket,
  microirc,
  rcd,
  rcbench,
  opensre,
  tvdiag,
  whoandwhen,
  templates,
};

const program = new Command("measure")
  .description("measure the detector and say whether it is as good as it has to be; exits 1 if it is not")
  .argument("<what>", [...Object.keys(SYNTHETIC), ...Object.keys(REAL), "all", "accuracy"].join(" | "))
  .option("--data <directory>", "where the real data sets are")
  .option("--write", "keep each table in lib/evals/results, where the console shows it")
  .action(async (what: string, { data, write }: { data?: string; write?: boolean }) => {
    if (what === "accuracy") return accuracy(data, write);
    const names =
      what === "all" ? [...Object.keys(SYNTHETIC), ...(data === undefined ? [] : Object.keys(REAL))] : [what];
    let missed = 0;
    for (const name of names) {
      const started = performance.now();
      const lines = await measure(name, data);
      missed += lines.filter((line) => line.met === false).length;
      if (write) writeResult(`detection-${name}`, resultOf(name, lines));
      process.stdout.write(`\n${name} (${((performance.now() - started) / 1000).toFixed(0)} s)\n${table(lines)}\n`);
    }
    process.exitCode = missed > 0 ? 1 : 0;
  });

/** Everything that needs real data, as one Markdown table; exits 1 where one of them cannot be carried out. */
async function accuracy(data: string | undefined, write: boolean | undefined): Promise<void> {
  if (data === undefined) throw new Error("--data: the directory of the real data is needed");
  const measurements = Object.entries(REAL).map(([name, measure]) => [name, () => measure(data)] as const);
  const all = await carryOut(Object.fromEntries(measurements), ({ name, seconds, lines }) => {
    process.stderr.write(`${name} (${seconds.toFixed(0)} s)\n`);
    if (write && Array.isArray(lines)) writeResult(`detection-${name}`, resultOf(name, lines));
  });
  process.stdout.write(`${markdownTable(all)}\n`);
  process.exitCode = all.every(({ lines }) => Array.isArray(lines)) ? 0 : 1;
}

const resultOf = (name: string, lines: Line[]): EvalResult => ({
  title: titleOf(name),
  command: `npm run measure -- ${name}${name in REAL ? " --data DIR" : ""}`,
  measured_at: new Date().toISOString(),
  machine: machine(),
  rows: lines.map(({ what, target, measured, met, leaveOneOut, published }) => ({
    what,
    target,
    measured,
    ok: met,
    ...(leaveOneOut !== undefined && { leave_one_out: leaveOneOut }),
    ...(published !== undefined && { published }),
  })),
});

async function measure(name: string, data: string | undefined): Promise<Line[]> {
  const synthetic = SYNTHETIC[name];
  if (synthetic !== undefined) return synthetic();
  const real = REAL[name];
  if (real === undefined) throw new Error(`<what>: there is no measurement "${name}"`);
  if (data === undefined) throw new Error(`--data: "${name}" needs the directory of the real data`);
  return real(data);
}

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
