import { execFile } from "node:child_process";
import { promisify } from "node:util";

const GIT_MS = 10_000;
const run = promisify(execFile);

/** Short hash of the checkout's commit, with a plus where files differ from it; "unknown" outside of a checkout. */
export async function commitOf(): Promise<string> {
  const git = async (...args: string[]) => (await run("git", args, { timeout: GIT_MS })).stdout.trim();
  try {
    const [hash, changed] = await Promise.all([
      git("rev-parse", "--short", "HEAD"),
      git("status", "--porcelain", "--untracked-files=no"),
    ]);
    return `${hash}${changed === "" ? "" : "+"}`;
  } catch {
    return "unknown";
  }
}
