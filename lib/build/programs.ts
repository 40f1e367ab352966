import { rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";
import { bundleOf, BUNDLES, MADE_OF, markOf } from "@/lib/programs.mjs";

/** Programs that are started often, or that somebody waits for. */
const PROGRAMS = [
  "lib/cli/main.ts",
  "lib/db/writer-main.ts",
  "lib/runtime/sweeper-main.ts",
  "lib/evals/cases/run-main.ts",
  "lib/evals/cases/worker.ts",
  "lib/evals/replay/main.ts",
  "lib/demo/target-control.ts",
  "seeds/fleet/main.ts",
  "seeds/target/main.ts",
];
/** Native code, what starts threads from files of its own, and what only builds. */
const LEFT_OUT = ["@libsql/*", "libsql", "pino", "pino-pretty", "esbuild", "playwright", "@playwright/*"];
/** Packages that are not ES modules call it. */
const REQUIRE = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

/** Bundles every program that is started beside a server, unless the bundles are current. Throws what does not build. */
export async function buildPrograms(): Promise<void> {
  if (PROGRAMS.every((source) => bundleOf(source) !== null)) return;
  rmSync(BUNDLES, { recursive: true, force: true });
  const { metafile } = await build({
    entryPoints: PROGRAMS,
    outdir: BUNDLES,
    outbase: ".",
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node20.19",
    external: LEFT_OUT,
    banner: { js: REQUIRE },
    // Errors are told by their class, and their stacks name functions.
    keepNames: true,
    metafile: true,
    logLevel: "warning",
  });
  const own = Object.keys(metafile.inputs).filter((file) => !file.startsWith("node_modules/"));
  const marks = [...own, "package-lock.json"].map((file) => [file, markOf(file)]);
  writeFileSync(MADE_OF, JSON.stringify(Object.fromEntries(marks)));
}
