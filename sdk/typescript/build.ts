import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { VERSION } from "./version.js";

/** Compiling takes seconds; one that takes longer hangs, ms. */
const TIMEOUT_MS = 5 * 60_000;

/** The package as it is published: `npm run build:sdk [FOLDER]`, by default into `sdk/typescript/dist`. */
const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "../..");
const out = process.argv[2] ?? join(here, "dist");

rmSync(out, { recursive: true, force: true });
const tsc = join(root, "node_modules/typescript/bin/tsc");
const { status } = spawnSync(process.execPath, [tsc, "-p", here, "--outDir", out], { stdio: "inherit", timeout: TIMEOUT_MS }); // prettier-ignore
if (status === 0) {
  const manifest = JSON.parse(readFileSync(join(here, "package.json"), "utf8")) as { name: string };
  const { name, ...rest } = manifest;
  writeFileSync(join(out, "package.json"), `${JSON.stringify({ name, version: VERSION, ...rest }, null, 2)}\n`);
  copyFileSync(join(here, "README.md"), join(out, "README.md"));
  copyFileSync(join(root, "LICENSE"), join(out, "LICENSE"));
}
process.exitCode = status ?? 1;
