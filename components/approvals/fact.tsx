import type { ReactNode } from "react";

/** What an action was called with, as plain text: nothing in it is markup. */
export const argument = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** How an operation is taken back, in words: some need it, some cannot have it. */
export const undoOf = (undo: string | null | undefined, reversible: boolean): string =>
  undo ?? (reversible ? "nothing to undo" : "none; it cannot be undone");

export const Fact = ({ label, children }: { label: string; children: ReactNode }) => (
  <div className="min-w-0">
    <dt className="eyebrow">{label}</dt>
    <dd className="text-sm break-words">{children}</dd>
  </div>
);
