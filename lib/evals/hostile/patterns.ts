import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseSync, Visitor } from "oxc-parser";

export interface Found {
  /** `file:line` */
  where: string;
  pattern: RegExp;
}

/** Whose patterns may see text from outside: everything that runs in production. */
const FOLDERS = ["lib", "app", "components", "sdk/typescript"];
const NOT_RUN = /\.test\.tsx?$|\/test-[a-z-]+\.tsx?$|^lib\/evals\//;

/** Every regular expression that is written as a literal in the source. */
export const literalPatterns = (): Found[] => sources().flatMap(patternsIn);

function sources(): string[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  )
    .filter((path) => /\.tsx?$/.test(path) && !NOT_RUN.test(path))
    .toSorted();
}

function patternsIn(path: string): Found[] {
  const source = readFileSync(path, "utf8");
  const found: Found[] = [];
  new Visitor({
    Literal(node) {
      if (!("regex" in node)) return;
      const line = source.slice(0, node.start).split("\n").length;
      found.push({ where: `${path}:${line}`, pattern: new RegExp(node.regex.pattern, node.regex.flags) });
    },
  }).visit(parseSync(path, source).program);
  return found;
}

/**
 * Every regular expression that a module of the source puts together when it is loaded. The modules are loaded here, and must not
 * have been before: a module is loaded once.
 */
export async function builtPatterns(): Promise<Found[]> {
  const found: Found[] = [];
  const Original = globalThis.RegExp;
  for (const path of sources().filter((one) => readFileSync(one, "utf8").includes("new RegExp("))) {
    globalThis.RegExp = new Proxy(Original, {
      construct(target, args: [string, string?]) {
        const pattern = new target(...args);
        // Modules that this one loads are recorded for themselves.
        const frame = new Error().stack?.split("\n")[2] ?? "";
        if (frame.includes(path)) found.push({ where: path, pattern });
        return pattern;
      },
    });
    try {
      await import(/* @vite-ignore */ pathToFileURL(resolve(path)).href);
    } finally {
      globalThis.RegExp = Original;
    }
  }
  return found;
}
