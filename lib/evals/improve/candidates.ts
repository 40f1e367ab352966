import { PROMPT_VARIANTS, PROMPT_VARIANTS_FILE } from "@/lib/agents/investigation/prompt-variants";
import { changeId, changesOf, type DeclaredChange } from "@/lib/core/base/declared";
import { TUNABLES, TUNABLES_FILE } from "@/lib/core/causes/tunables";
import type { Variant } from "@/lib/response/services/context";

/** One declared change, and what plays a case as if it had been made. */
export interface Candidate {
  id: string;
  change: DeclaredChange;
  variant: Variant;
}

/** What is in use. */
export const IN_USE: Variant = { tunables: {}, prompts: {} };

/** A change as a candidate, beside what else differs from what is declared. */
export function candidateOf(change: DeclaredChange, { tunables, prompts }: Variant = IN_USE): Candidate {
  const value = { [change.name]: change.to };
  const variant =
    change.file === TUNABLES_FILE
      ? { tunables: { ...tunables, ...value }, prompts }
      : { tunables, prompts: { ...prompts, ...value } };
  return { id: changeId(change), change, variant };
}

/** What may be tried: prompts where a model is asked, the numbers of the local analysis otherwise. */
export const candidates = (models: boolean): Candidate[] =>
  (models ? changesOf(PROMPT_VARIANTS, PROMPT_VARIANTS_FILE) : changesOf(TUNABLES, TUNABLES_FILE)).map((change) =>
    candidateOf(change),
  );
