import type { Truth } from "@/lib/core/scoring/truth";

/** What a case's files say apart from its evidence, as far as it could stand in it as a label. */
export interface Labels {
  class?: string | undefined;
  why?: string | undefined;
  truth: { causes: Pick<Truth["causes"], "right" | "acceptable"> };
}

/**
 * Labels of the answer that stand in the evidence: its class, its explanation, and kinds of cause by their names in the vocabulary, in
 * whatever case of letters. The evidence's own id is left out: it names the file, and no investigation is given it.
 */
export function leaksOf(evidence: unknown, { class: of, why, truth: { causes } }: Labels): string[] {
  const { id: _id, ...told } = evidence as { id?: unknown };
  const text = JSON.stringify(told).toLowerCase();
  const kinds = [...causes.right, ...causes.acceptable].flatMap((cause) => cause.kinds);
  // A kind of one word, such as "slow", is an ordinary word of logs; of several it is written as no person writes it.
  const labels = [of, why, ...kinds.filter((kind) => kind.includes("_"))];
  return [...new Set(labels)].filter((label): label is string => Boolean(label) && text.includes(label!.toLowerCase()));
}
