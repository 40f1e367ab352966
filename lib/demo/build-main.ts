import { ensureBuild } from "./build";

/** Builds what the demo runs, unless it is there. */
await ensureBuild((line) => process.stdout.write(`${line}\n`));
