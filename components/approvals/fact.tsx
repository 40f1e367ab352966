import type { ReactNode } from "react";

/** What an action was called with, as plain text: nothing in it is markup. */
export const argument = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

export const Fact = ({ label, children }: { label: string; children: ReactNode }) => (
  <div className="min-w-0">
    <dt className="eyebrow">{label}</dt>
    <dd className="text-sm break-words">{children}</dd>
  </div>
);
