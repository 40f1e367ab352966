import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync, Visitor } from "oxc-parser";
import { RULES } from "@/lib/core/instructions-rules";

export interface Found {
  /** `file:line` */
  where: string;
  pattern: RegExp;
}

/** Whose patterns may see text from outside: everything that runs in production. */
const FOLDERS = ["lib", "app", "components", "sdk/typescript"];
const NOT_RUN = /\.test\.tsx?$|^lib\/evals\//;

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

/** Patterns that are put together while the program runs and see text from outside. */
export const builtPatterns = (): Found[] =>
  RULES.map(({ kind, pattern }, i) => ({ where: `lib/core/instructions-rules.ts, rule ${i} (${kind})`, pattern }));

/** Where patterns are put together: each is either among `builtPatterns` or sees nothing from outside. */
export function builders(): string[] {
  return sources().filter((path) => readFileSync(path, "utf8").includes("new RegExp("));
}
