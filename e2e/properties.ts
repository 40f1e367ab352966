import fc from "fast-check";

/** Properties are tried with the seed of the run, which vitest.config.ts prints. */
fc.configureGlobal({ seed: Number(process.env["PROPERTY_SEED"]) });
