import { execFile } from "node:child_process";
import { promisify } from "node:util";

const GIT_MS = 10_000;
const run = promisify(execFile);

/** The commit that a folder is a checkout of (its short hash), and whether files that git knows differ from it; null where it is no checkout. */
export async function checkoutOf(folder = "."): Promise<{ commit: string; changed: boolean } | null> {
  const git = async (...args: string[]) => (await run("git", args, { cwd: folder, timeout: GIT_MS })).stdout.trim();
  try {
    const [commit, changed] = await Promise.all([
      git("rev-parse", "--short", "HEAD"),
      git("status", "--porcelain", "--untracked-files=no"),
    ]);
    return { commit, changed: changed !== "" };
  } catch {
    return null;
  }
}

/** The checkout's commit for a report, with a plus where files differ from it; "unknown" outside of a checkout. */
export async function commitOf(folder = "."): Promise<string> {
  const checkout = await checkoutOf(folder);
  return checkout === null ? "unknown" : `${checkout.commit}${checkout.changed ? "+" : ""}`;
}
