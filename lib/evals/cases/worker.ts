import { parseArgs } from "node:util";
import type { Variant } from "@/lib/response/services/context";
import { createIntegrations } from "@/lib/runtime/integrations";
import { env } from "@/lib/env";
import type { CaseKey } from "./case-key";
import { playCase } from "./play";
import type { CaseResult } from "./result";
import { removeScratch, scratchDbs } from "./scratch-db";

/** What a worker says: that it is ready for a case, how one went, or why one could not be played. */
export type WorkerMessage =
  | { kind: "ready" }
  | { kind: "played"; result: CaseResult }
  | { kind: "failed"; key: CaseKey; reason: string };

/**
 * Plays one case after another as its parent sends them, in `--folder`, and ends when the parent lets go of it. What it leaves in the
 * folder the parent removes; should the parent be gone, it removes the folder itself.
 */
async function main() {
  const { values: asked } = parseArgs({
    options: { folder: { type: "string" }, models: { type: "boolean" }, variant: { type: "string" } },
  });
  const folder = asked.folder!;
  // At once, whatever it is at: nothing of this process then goes on writing there.
  process.once("disconnect", () => (removeScratch(folder), process.exit()));
  // A terminal tells all processes of a run; its parent ends them in order.
  process.on("SIGINT", () => undefined);
  const dbs = await scratchDbs(env().SENTINEL_RUNBOOKS_DIR, Date.now(), folder);
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
  say({ kind: "ready" });
}

void main();
