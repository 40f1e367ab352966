import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { EvalResult, type MeasuredTable } from "@/lib/contracts/evals";

/** Where measured tables are kept. */
export const RESULTS_FOLDER = join("lib", "evals", "results");
const REFERENCE = "eval-reference.json";
/** The report that evaluations are compared with. It is kept in the same folder, and shown among the runs over cases. */
export const REFERENCE_FILE = join(RESULTS_FOLDER, REFERENCE);

/** What `npm run measure` takes of real data, by name and with a title, in the order in which people read it. */
const REAL: Record<string, string> = {
  nab: "Numenta Anomaly Benchmark, in part",
  asd: "Server metrics with labelled anomalies",
  mscloud: "Cloud service metrics, per hour and per minute",
  azure: "A real LLM service's requests, unmodified and tripled",
  autocoderover: "Runs of a real coding agent",
  sweagent: "Runaway runs of real coding agents",
  intercode: "Stuck runs on SQL tasks",
  mcpmark: "Complete runs of 39 models, by their totals",
  llmlatency: "Timed runs of a guardrail, unmodified",
  petshop: "Root causes in a cloud application",
  nezha: "Faults injected into a shop of ten services",
  rcd: "Faults injected into a shop without a call graph",
  opensre: "Database and Kubernetes incidents, as reported by monitoring APIs",
  trainticket: "Faults injected into a railway of 46 services, with their logs",
  microirc: "Faults injected into a shop that is measured every 5 seconds",
  rcbench: "Which change caused the incident, or none",
  tvdiag: "Root causes from alerts and a call graph only",
  whoandwhen: "Which agent and step of a failed run is to blame, without a model",
  templates: "Log templates of real systems",
};
/** The same of made data. */
const MADE: Record<string, string> = {
  lognormal: "Healthy agents with heavy-tailed vitals",
  calibration: "Samples between false quarantines, as set and as measured",
  faults: "Sudden faults: samples until detection",
  slow: "Slow, sustained and benign changes",
  adversarial: "Investigations with a hostile or broken model",
  injection: "Instructions hidden in the evidence, and a model that follows them",
  orders: "Injected instructions, and text that only resembles them",
  hostile: "1 MB of hostile text through every reader of external text",
};

/** The title of what `npm run measure -- NAME` prints; the name itself for one without. */
export const titleOf = (name: string): string => REAL[name] ?? MADE[name] ?? name;

const measuredBy = (of: Record<string, string>, data: string) =>
  Object.entries(of).map(([name, title]) => ({
    name: `detection-${name}`,
    title,
    command: `npm run measure -- ${name}${data} --write`,
  }));

/** What should be kept: where it is not, it is named as missing. */
export const EXPECTED: { name: string; title: string; command: string }[] = [
  ...measuredBy(REAL, " --data DIR"),
  ...measuredBy(MADE, ""),
  { name: "bench-throughput", title: "Load on the built server", command: "npm run bench -- --write" },
  { name: "hostile-requests", title: "Hostile requests of 1 MB at once", command: "npm run bench -- hostile --write" },
];

/** Every table that is kept, that cannot be read, or that should be there and is not; those that we do not know come last. */
export async function readMeasured(folder = RESULTS_FOLDER): Promise<MeasuredTable[]> {
  const files = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith(".json") && file !== REFERENCE);
  const names = files.map((file) => basename(file, ".json")).toSorted();
  const known = new Set(EXPECTED.map(({ name }) => name));
  return Promise.all([
    ...EXPECTED.map((one) => (names.includes(one.name) ? readTable(folder, one.name) : Promise.resolve(one))),
    ...names.filter((name) => !known.has(name)).map((name) => readTable(folder, name)),
  ]);
}

async function readTable(folder: string, name: string): Promise<MeasuredTable> {
  try {
    const parsed = EvalResult.safeParse(JSON.parse(await readFile(join(folder, `${name}.json`), "utf8")));
    return parsed.success ? { name, result: parsed.data } : { name, fault: "The file is not a results table." };
  } catch (error) {
    return { name, fault: error instanceof Error ? error.message : "The file cannot be read." };
  }
}
