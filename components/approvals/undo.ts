import type { Risk } from "@/lib/core/base/vocabulary";

interface Act {
  risk: Risk;
  /** Whether Sentinel or the entry of the allow-list knows how to take it back. */
  reversible: boolean;
}

/** Beside the badge of the risk: what it adds to that, never the contrary. Null where the badge says all. */
export function undoHint({ risk, reversible }: Act): string | null {
  switch (risk) {
    case "none":
    case "reversible":
      return reversible ? null : "cannot be undone";
    case "hard_to_undo":
      return reversible ? "only with effort" : "no automatic undo";
    case "destructive":
      return "cannot be undone";
  }
}

/** How an operation is taken back, in words: some need it, some cannot have it. */
export function undoOf(undo: string | null | undefined, { risk, reversible }: Act): string {
  if (undo) return undo;
  if (risk === "hard_to_undo") return "by hand only";
  return reversible && risk !== "destructive" ? "nothing to undo" : "none; it cannot be undone";
}
