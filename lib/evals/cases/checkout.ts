import { execFileSync } from "node:child_process";

const GIT_MS = 10_000;

/** What git says in a folder, without what it complains of. Throws where it fails, or is not there. */
const git = (folder: string, ...args: string[]): string =>
  execFileSync("git", args, { cwd: folder, encoding: "utf8", timeout: GIT_MS, stdio: ["ignore", "pipe", "ignore"] }).trim(); // prettier-ignore

/** The commit that a folder is a checkout of, and whether files that it knows differ from it; null where it is no checkout. */
export function checkoutOf(folder = "."): { commit: string; changed: boolean } | null {
  try {
    const commit = git(folder, "rev-parse", "--short", "HEAD");
    return { commit, changed: git(folder, "status", "--porcelain", "--untracked-files=no") !== "" };
  } catch {
    return null;
  }
}

/** The checkout's commit for a report, with a plus where files differ from it. */
export function commitText(folder = "."): string {
  const checkout = checkoutOf(folder);
  return checkout === null ? "unknown" : `${checkout.commit}${checkout.changed ? "+" : ""}`;
}
