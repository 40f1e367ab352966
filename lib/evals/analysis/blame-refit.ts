import { failuresOf, weightsOf } from "./whoandwhen";

/* Prints the table of lib/core/agents/blame-weights.ts: npx tsx lib/evals/analysis/blame-refit.ts DIR */

const [data] = process.argv.slice(2);
if (data === undefined) throw new Error("give the directory of the real data, which holds who_and_when");
const { penalty, weights } = weightsOf(failuresOf(data));
process.stdout.write(`penalty ${penalty}\n`);
for (const { feature, mean, deviation, weight } of weights)
  process.stdout.write(
    `  { feature: "${feature}", mean: ${mean.toFixed(3)}, deviation: ${deviation.toFixed(3)}, weight: ${weight.toFixed(3)} },\n`,
  );
