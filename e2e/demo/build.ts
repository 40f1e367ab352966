import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** A build on two slow cores. */
const BUILD_MS = 300_000;

/** Builds once, as the demo does: two demos that start together must not both build in one folder. */
export default function setup(): void {
  const tsx = join(process.cwd(), "node_modules", ".bin", "tsx");
  execFileSync(process.execPath, [tsx, "lib/demo/build-main.ts"], { stdio: "inherit", timeout: BUILD_MS });
}
