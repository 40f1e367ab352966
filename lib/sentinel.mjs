#!/usr/bin/env node
import { pathToFileURL } from "node:url";
import { bundleOf } from "./programs.mjs";

// Plain JavaScript, so that a command starts in a moment wherever a build is there.
const bundle = bundleOf("lib/cli/main.ts");
if (bundle === null) {
  (await import("tsx/esm/api")).register();
  await import("./cli/main.ts");
} else await import(pathToFileURL(bundle).href);
