import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildPrograms } from "@/lib/build/programs";
import { next } from "./children";

/** What a build is made of. */
const SOURCES = [
  "app",
  "components",
  "lib",
  "public",
  "instrumentation.ts",
  "next.config.ts",
  "postcss.config.mjs",
  "proxy.ts",
  "package-lock.json",
  "tsconfig.json",
];
const NOT_BUILT = /\.test\.tsx?$|\.md$/;
const BUILD_ID = ".next/BUILD_ID";
/** Says which sources the build beside it was made of. By content: after a clone or a change of branch, times say nothing. */
const STAMP = ".next/sentinel-sources";

/** Builds for production unless the build that is there was made of exactly these sources. Throws when the build fails. */
export async function ensureBuild(say: (line: string) => void): Promise<"built" | "fresh"> {
  const sources = hashSources();
  if (existsSync(BUILD_ID) && existsSync(STAMP) && readFileSync(STAMP, "utf8") === sources) {
    await buildPrograms();
    return "fresh";
  }
  say("Building for production. This takes a minute or two, and only the first time.");
  const code = await next(["build"], {}, say).ended;
  if (code !== 0) throw new Error(`next build failed (${code ?? "ended by a signal"})`);
  await buildPrograms();
  writeFileSync(STAMP, sources);
  return "built";
}

function hashSources(): string {
  const hash = createHash("sha256");
  for (const file of SOURCES.flatMap(filesOf)) hash.update(`${file}\0`).update(readFileSync(file)).update("\0");
  return hash.digest("hex");
}

function filesOf(path: string): string[] {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return NOT_BUILT.test(path) ? [] : [path];
  return readdirSync(path).toSorted().flatMap((name) => filesOf(join(path, name))); // prettier-ignore
}
