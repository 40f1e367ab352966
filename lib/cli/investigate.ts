import { readFile, writeFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import type { Command } from "commander";
import { parseBundle } from "@/lib/contracts/bundle";
import { analyse } from "@/lib/core/causes/analyse";

const HELP = `
Analyses an incident bundle with the production code, without a model, database or network, and writes
{verdict, onset, ranking, findings, hypotheses, timeMs}.

Bundle: {target: {node, metric?, direction?: "up"|"down", at}, nodes: [id or {id, kind}], edges: [[caller, callee]],
metrics: [{node, metric, unit?, points: [[epoch_s, value]…]}], logs?: [{t, node, line}], spans?: [{t, node, parent?,
operation, n?, p50_us?, p95_us?, gap_p50_us?, gap_p95_us?}], changes?: [{t, node, kind, summary}],
normal?: {metrics?, spans?, logs?}}. Times are epoch seconds. A .gz file is decompressed.
`;

/** Adds `investigate` to the command line. */
export function registerInvestigate(program: Command): void {
  program
    .command("investigate")
    .description("Analyse an incident bundle offline")
    .requiredOption("--bundle <file>", "the bundle, JSON")
    .requiredOption("--json <file>", "where to write the analysis")
    .addHelpText("after", HELP)
    .action(async ({ bundle: from, json: to }: { bundle: string; json: string }) => {
      const parsed = parseBundle(await readJson(from));
      if (!parsed.ok) throw new Error(`--bundle ${from}: ${parsed.error}`);
      const begun = performance.now();
      const analysis = analyse(parsed.bundle);
      const timeMs = Math.round((performance.now() - begun) * 10) / 10;
      await writeFile(to, `${JSON.stringify({ ...analysis, timeMs })}\n`);
      const [first] = analysis.hypotheses;
      process.stdout.write(
        `${analysis.verdict}; ${first === undefined ? "no hypothesis" : `first: ${first.statement} (${Math.round(100 * first.confidence)} %)`}; ${timeMs} ms\n`,
      );
    });
}

async function readJson(file: string): Promise<unknown> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    throw new Error(`--bundle ${file}: cannot be read`, { cause });
  }
  try {
    return JSON.parse((file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8"));
  } catch (cause) {
    throw new Error(`--bundle ${file}: is not JSON (${(cause as Error).message})`, { cause });
  }
}
