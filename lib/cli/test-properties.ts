import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { childEnv } from "@/lib/env";

const ROOMS = ["app", "components", "lib", "sdk", "seeds"];

/** Test files that have properties; with a name, those whose path contains it. */
const files = (name = ""): string[] =>
  ROOMS.flatMap((room) => readdirSync(room, { recursive: true, encoding: "utf8" }).map((file) => join(room, file)))
    .filter((file) => /\.test\.tsx?$/.test(file) && file.includes(name))
    .filter((file) => readFileSync(file, "utf8").includes('from "fast-check"'));

function count(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError("a whole number above 0");
  return n;
}

await new Command("test:properties")
  .description(
    "Runs every property with fresh seeds and many cases (the nightly run). Prints the command that reproduces a failure.",
  )
  .argument("[name]", "only files whose path contains this")
  .option("--seeds <n>", "seeds per property", count, 200)
  .option("--cases <n>", "cases per seed", count, 1_000)
  .option("--seed <n>", "the first seed; the others follow it", count, randomInt(1, 2 ** 30))
  .action((name: string | undefined, { seeds, cases, seed }: { seeds: number; cases: number; seed: number }) => {
    console.log(
      `${seeds} seeds of ${cases} cases: npm run test:properties -- --seed ${seed} --seeds ${seeds} --cases ${cases}`,
    );
    const args = ["run", "--project", "unit", "--project", "integration", "--project", "slow", ...files(name)];
    const child = spawn(join("node_modules", ".bin", "vitest"), args, {
      stdio: "inherit",
      env: childEnv({ PROPERTY_SEED: String(seed), PROPERTY_SEEDS: String(seeds), PROPERTY_CASES: String(cases) }),
    });
    child.once("close", (code) => (process.exitCode = code ?? 1));
  })
  .parseAsync();
