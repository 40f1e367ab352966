import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The first has no window that nobody looks at, and takes half the time of the others (Debian's name, then Chrome's own). */
const NAMES = [
  "chromium-headless-shell",
  "chrome-headless-shell",
  "chromium",
  "chromium-browser",
  "google-chrome-stable",
  "google-chrome",
];
/** Debian's packages, the better first; not every release has both. */
const PACKAGES = ["chromium-headless-shell", "chromium"];
/** An installation downloads about 100 MB; a network that needs longer than this is not going to do it. */
const INSTALL_TIMEOUT_MS = 10 * 60_000;

/** A Chromium on this machine: the path, that of Playwright's own if it was installed, else null. */
export function findBrowser(): string | null {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(existsSync);
  return found ?? ownBrowser();
}

function ownBrowser(): string | null {
  const script = "process.stdout.write(require('playwright-core').chromium.executablePath())";
  try {
    const path = execFileSync(process.execPath, ["-e", script], { encoding: "utf8" });
    return existsSync(path) ? path : null;
  } catch {
    return null;
  }
}

/** Tries the ways a machine allows: Debian's package where we may install it, else Playwright's download. Null if neither works. */
export function installBrowser(): string | null {
  const options = { stdio: "inherit", timeout: INSTALL_TIMEOUT_MS } as const;
  const root = process.getuid?.() === 0;
  if (root && spawnSync("apt-get", ["--version"]).status === 0) {
    spawnSync("apt-get", ["update"], options);
    for (const name of PACKAGES)
      if (!findBrowser()) spawnSync("apt-get", ["install", "-y", "--no-install-recommends", name], options);
  }
  if (!findBrowser()) spawnSync(join("node_modules", ".bin", "playwright"), ["install", "chromium"], options);
  return findBrowser();
}
