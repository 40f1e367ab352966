/** What was behind a case, and what would have been right to say and to do about it. Kept apart from the evidence. */
export interface Truth {
  /** Nothing is wrong: an alert that should not have fired, or an agent that is well. */
  healthy: boolean;
  /** When the trouble began, epoch ms; null where nothing did. */
  onsetAt: number | null;
  /** Severity in which it lies, 0 to 10, both included; null where it does not matter. */
  severity: { from: number; to: number } | null;
  causes: { right: TrueCause[]; acceptable: TrueCause[]; forbidden: TrueCause[] };
  remedies: { right: TrueRemedy[]; acceptable: TrueRemedy[]; forbidden: TrueRemedy[] };
  words: {
    /** The summary holds one of each group, whatever the case of its letters. */
    required: string[][];
    forbidden: string[];
  };
}

export interface TrueCause {
  /** Null: no node of ours (unknown, no fault, something outside). */
  node: string | null;
  /** Kinds of cause that fit; empty: any. */
  kinds: string[];
}

export interface TrueRemedy {
  /** An action or an operation; "none": nothing is to be done; "*": any. */
  action: string;
  /** "*": any. */
  target: string;
}
