import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { childEnv } from "@/lib/env";

/** The first of these programs on the PATH; null when there is none. */
export function findProgram(...names: string[]): string | null {
  const folders = (childEnv({})["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  for (const path of names.flatMap((name) => folders.map((folder) => join(folder, name))))
    if (isProgram(path)) return path;
  return null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
