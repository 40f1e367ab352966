import { parseArgs } from "node:util";
import type { Variant } from "@/lib/response/services/context";
import { createIntegrations } from "@/lib/runtime/integrations";
import { env } from "@/lib/env";
import type { CaseKey } from "./case-key";
import { playCase } from "./play";
import type { CaseResult } from "./result";
import { scratchDbs } from "./scratch-db";

/** What a worker says: that it is ready for a case, how one went, or why one could not be played. */
export type WorkerMessage =
  | { kind: "ready" }
  | { kind: "played"; result: CaseResult }
  | { kind: "failed"; key: CaseKey; reason: string };

/** Plays one case after another as its parent sends them, and ends when the parent lets go of it. */
async function main() {
  const dbs = await scratchDbs(env().SENTINEL_RUNBOOKS_DIR, Date.now());
  const { values: asked } = parseArgs({ options: { models: { type: "boolean" }, variant: { type: "string" } } });
  const variant = asked.variant === undefined ? undefined : (JSON.parse(asked.variant) as Variant);
  // Cases are a closed world: models may be asked, nothing else of this environment is.
  const { chains } = asked.models ? await createIntegrations(env()) : { chains: {} };
  const say = (message: WorkerMessage) => process.send!(message);
  process.on("message", (key: CaseKey) => {
    playCase(key, dbs, chains, variant).then(
      (result) => say({ kind: "played", result }),
      (error: unknown) => say({ kind: "failed", key, reason: error instanceof Error ? error.message : String(error) }),
    );
  });
  // A terminal tells all processes of a run; its parent ends them in order.
  process.on("SIGINT", () => undefined);
  process.once("disconnect", () => void dbs.remove().then(() => process.exit()));
  say({ kind: "ready" });
}

void main();
