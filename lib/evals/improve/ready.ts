import { existsSync } from "node:fs";
import { join } from "node:path";
import { PROMPT_VARIANTS_FILE } from "@/lib/agents/investigation/prompt-variants";
import { TUNABLES_FILE } from "@/lib/core/causes/tunables";
import type { Env } from "@/lib/env";
import { SentinelError } from "@/lib/errors";
import { checkoutOf } from "../cases/checkout";

/** What plays the cases, and what a change is made to. */
const NEEDED = ["lib/evals/cases/worker.ts", TUNABLES_FILE, PROMPT_VARIANTS_FILE];

/** The commit that an improvement is looked for on. Rejects with `conflict` where the folder is no checkout of Sentinel. */
export async function commitToImprove(folder = "."): Promise<{ commit: string; changed: boolean }> {
  const checkout = await checkoutOf(folder);
  const missing = NEEDED.find((file) => !existsSync(join(folder, file)));
  if (checkout === null || missing !== undefined)
    throw new SentinelError("conflict", {
      detail: `The search for improvements needs a git checkout of Sentinel, and this process does not run in one (${checkout === null ? "no git checkout" : `no ${missing}`})`,
    });
  return checkout;
}

/** Rejects, naming the setting, where what is found could not be proposed. */
export async function assertMayPropose(
  e: Pick<Env, "IMPROVE_REPOSITORY" | "GITHUB_TOKEN">,
  folder = ".",
): Promise<void> {
  if (e.IMPROVE_REPOSITORY === undefined)
    throw new SentinelError("forbidden", {
      detail: "IMPROVE_REPOSITORY is not set, so improvements are off. Set it to the repository, owner/name",
    });
  if (!e.GITHUB_TOKEN)
    throw new SentinelError("forbidden", { detail: "GITHUB_TOKEN is not set, so no pull request can be opened" });
  if ((await commitToImprove(folder)).changed)
    throw new SentinelError("conflict", {
      detail: "The checkout has uncommitted changes: measurements would not apply to the repository",
    });
}
