import { write, writeAfter } from "@/seeds/scenarios/generate";
import { isAgentClass, makeAgentCase, makeServiceCase } from "./case";
import type { CaseKey } from "./case-key";
import { STARTS_AT } from "./play-agent";
import { ALERTED_AT } from "./play-service";

/** A drawn case as texts of JSON, laid out as in `seeds/scenarios`. */
export interface CaseFiles {
  /** What an investigation may come to see. Of agents: who they are, what becomes of them, and what of it was announced. */
  evidence: string;
  /** How what was measured of services goes on, by what is done; null: of agents it follows from the evidence. */
  after: string | null;
  /** What is true, at the times at which the case is played. */
  answer: string;
}

export function filesOf(key: CaseKey): CaseFiles {
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  if (isAgentClass(key.class)) {
    const { id, title, evidence, truth, why } = makeAgentCase(key);
    const { id: _id, ...told } = evidence;
    return {
      evidence: json({ id, title, ...told }),
      after: null,
      answer: json({ id, class: key.class, why, truth: truth(STARTS_AT) }),
    };
  }
  const { id, evidence, after, truth, why } = makeServiceCase(key);
  return {
    evidence: write({ ...(evidence as Parameters<typeof write>[0]), id }),
    after: writeAfter({ ...(after as Parameters<typeof writeAfter>[0]), id }),
    answer: json({ id, class: key.class, why, truth: truth(ALERTED_AT) }),
  };
}
