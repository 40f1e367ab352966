import { spawnSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { childEnv } from "@/lib/env";
import { findBrowser, installBrowser } from "./browser";

const FOLDER = "reports/walkthrough";
/** Of the README, by where they come from. */
const PICTURES = { "screenshot.png": "public/screenshot.png", "preview.webp": "public/walkthrough.webp" };

await new Command("walkthrough")
  .description("Films the demo in a browser as a walkthrough, and checks what each caption says.")
  .option("--publish", "replace the README's pictures in public/")
  .action(({ publish }: { publish?: true }) => {
    const browser = findBrowser() ?? installBrowser();
    if (browser === null) throw new Error("no Chromium was found and none could be installed");
    const playwright = join("node_modules", ".bin", "playwright");
    const env = childEnv({ SENTINEL_BROWSER: browser, NEXT_TELEMETRY_DISABLED: "1" });
    const { status } = spawnSync(playwright, ["test", "e2e/walkthrough"], { stdio: "inherit", env });
    process.exitCode = status ?? 1;
    if (status !== 0) return;
    console.log(`\n${resolve(FOLDER, "index.html")}\n${resolve(FOLDER, "walkthrough.webm")}`);
    if (publish) for (const [from, to] of Object.entries(PICTURES)) copyFileSync(join(FOLDER, from), to);
  })
  .parseAsync();
