import type { ReactNode } from "react";
import type { ApprovalView } from "@/lib/contracts/approvals";
import { undoHint } from "./undo";
import { RiskBadge } from "@/components/status/badges";

/** What an action was called with, as plain text: nothing in it is markup. */
const argument = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

export const Fact = ({ label, children }: { label: string; children: ReactNode }) => (
  <div className="min-w-0">
    <dt className="eyebrow">{label}</dt>
    <dd className="text-sm break-words">{children}</dd>
  </div>
);

/** How much may go wrong, and whether it can be taken back. */
export const RiskFact = ({ proposal }: Pick<ApprovalView, "proposal">) => (
  <Fact label="Risk">
    <span className="flex items-center gap-2">
      <RiskBadge risk={proposal.risk} />
      <span className="text-xs text-ink-3">{undoHint(proposal)}</span>
    </span>
  </Fact>
);

/** Each argument by its name; nothing where there is none. */
export const ArgumentsFact = ({ args }: { args: readonly (readonly [string, unknown])[] }) =>
  args.length === 0 ? null : (
    <Fact label="Arguments">
      {args.map(([key, value]) => (
        <span key={key} className="block font-mono text-xs wrap-anywhere">
          <span className="text-ink-3">{key}</span> {argument(value)}
        </span>
      ))}
    </Fact>
  );
