import { Command } from "commander";
import { calibration } from "./calibrate";
import { asd, nab } from "./measure-gauges";
import { autocoderover, azure, sweagent } from "./measure-real";
import { faults, lognormal, slow } from "./measure-synthetic";
import { type Line, table } from "./table";

/** Measurements of the detector, by name; those of real data need the directory they are kept in. */
const SYNTHETIC: Record<string, () => Line[] | Promise<Line[]>> = { lognormal, calibration, faults, slow };
const REAL: Record<string, (data: string) => Promise<Line[]>> = { azure, autocoderover, sweagent, nab, asd };

const program = new Command("measure")
  .description("measure the detector and say whether it is as good as it has to be; exits 1 if it is not")
  .argument("<what>", [...Object.keys(SYNTHETIC), ...Object.keys(REAL), "all"].join(" | "))
  .option("--data <directory>", "where the real data sets are")
  .action(async (what: string, { data }: { data?: string }) => {
    const names =
      what === "all" ? [...Object.keys(SYNTHETIC), ...(data === undefined ? [] : Object.keys(REAL))] : [what];
    let missed = 0;
    for (const name of names) {
      const started = performance.now();
      const lines = await measure(name, data);
      missed += lines.filter((line) => line.met === false).length;
      process.stdout.write(`\n${name} (${((performance.now() - started) / 1000).toFixed(0)} s)\n${table(lines)}\n`);
    }
    process.exitCode = missed > 0 ? 1 : 0;
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
