"use client";

import { useQuery } from "@tanstack/react-query";
import { ClipboardCheck, Hand, History } from "lucide-react";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { type ReactNode, useState } from "react";
import type { ApprovalState } from "@/lib/core/base/vocabulary";
import type { ApprovalView } from "@/lib/contracts/approvals";
import { useSession } from "@/components/access/session";
import { Asking, useAsked } from "@/components/spend/asking";
import { PageHead } from "@/components/shell/page-head";
import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/check";
import { Empty, LoadError, Skeleton } from "@/components/ui/feedback";
import { Tabs } from "@/components/ui/tabs";
import { ApprovalCard } from "./approval-card";
import { type Bulk, BulkDialog } from "./bulk-dialog";
import { approvalsQuery } from "./queries";

const TABS = ["pending", "rejected", "decided"] as const;

export function ApprovalsScreen() {
  const [tab, setTab] = useQueryState("tab", parseAsStringLiteral(TABS).withDefault("pending"));
  const [bulk, setBulk] = useState<Bulk | null>(null);
  const { data: pending } = useQuery(approvalsQuery("pending"));
  const budgets = useAsked({ undecided: true }).length;
  return (
    <>
      <PageHead
        title="Approvals"
        lead="A decision covers one action with its arguments and its evidence. Nothing is approved automatically."
      />
      <Tabs
        label="Approvals"
        value={tab}
        onChange={(next) => void setTab(next as typeof tab)}
        tabs={[
          {
            value: "pending",
            label: "Pending",
            count: pending && pending.counts.pending + budgets,
            content: <Waiting budgets={budgets} onBulk={setBulk} />,
          },
          {
            value: "rejected",
            label: "Rejected",
            count: pending?.counts.rejected,
            content: <Rejected onBulk={setBulk} />,
          },
          { value: "decided", label: "Decided", content: <Decided /> },
        ]}
      />
      <BulkDialog bulk={bulk} onClose={() => setBulk(null)} />
    </>
  );
}

/** Budgets wait for a decision as actions do: both are decided here. */
function Waiting({ budgets, onBulk }: { budgets: number; onBulk: (bulk: Bulk) => void }) {
  return (
    <>
      <div className="mx-auto mb-4 max-w-4xl empty:hidden lg:mx-0">
        <Asking undecided />
      </div>
      <Pending budgets={budgets} onBulk={onBulk} />
    </>
  );
}

function useApprovals(state: ApprovalState | undefined, what: string) {
  const { data, error, refetch } = useQuery(approvalsQuery(state));
  const waiting: ReactNode = data ? null : error ? (
    <LoadError what={what} error={error} onRetry={() => void refetch()} />
  ) : (
    <div className="grid gap-3">
      <Skeleton className="h-64 rounded-[0.625rem]" />
      <Skeleton className="h-64 rounded-[0.625rem]" />
    </div>
  );
  return { approvals: data?.approvals ?? [], waiting };
}

function Pending({ budgets, onBulk }: { budgets: number; onBulk: (bulk: Bulk) => void }) {
  const { approvals, waiting } = useApprovals("pending", "pending approvals");
  const { decides } = useSession();
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  if (waiting) return waiting;
  if (approvals.length === 0)
    return budgets > 0 ? null : (
      <Empty icon={ClipboardCheck} title="No pending approvals">
        Actions that are above the severity threshold, hard to undo, or for a type in recommend mode wait here until
        they are decided or expire.
      </Empty>
    );
  const chosen = approvals.filter(({ id }) => picked.has(id));
  const list = chosen.length > 0 ? chosen : approvals;
  const pick = (id: string, on: boolean) =>
    setPicked((old) => {
      const next = new Set(old);
      if (on) next.add(id);
      else next.delete(id);
      return next;
    });
  const open = (decision: "approve" | "reject") => onBulk({ decision, approvals: list });
  return (
    <>
      {decides && approvals.length > 1 ? (
        <div className="mx-auto mb-3 flex max-w-4xl flex-wrap items-center gap-3 text-sm lg:mx-0">
          <span className="flex items-center gap-2 pl-4">
            <Checkbox
              label="Select all"
              checked={chosen.length === approvals.length}
              mixed={chosen.length > 0 && chosen.length < approvals.length}
              onChange={(on) => setPicked(new Set(on ? approvals.map(({ id }) => id) : []))}
            />
            <span className="text-ink-2">
              {chosen.length > 0 ? `${chosen.length} of ${approvals.length} selected` : "Select all"}
            </span>
          </span>
          <span className="ml-auto flex gap-2">
            <Button size="touch" onClick={() => open("reject")}>
              Reject {chosen.length > 0 ? chosen.length : "all"}
            </Button>
            <Button size="touch" look="soft" onClick={() => open("approve")}>
              Approve {chosen.length > 0 ? chosen.length : "all"}
            </Button>
          </span>
        </div>
      ) : null}
      <Stack>
        {approvals.map((approval) => (
          <ApprovalCard
            key={approval.id}
            approval={approval}
            decides={decides}
            {...(decides && approvals.length > 1
              ? { picked: picked.has(approval.id), onPick: (on: boolean) => pick(approval.id, on) }
              : {})}
          />
        ))}
      </Stack>
    </>
  );
}

function Rejected({ onBulk }: { onBulk: (bulk: Bulk) => void }) {
  const { approvals, waiting } = useApprovals("rejected", "rejected approvals");
  const { decides } = useSession();
  if (waiting) return waiting;
  const healable = approvals.filter(({ can_heal_now }) => can_heal_now);
  const heal = (list: readonly ApprovalView[]) => onBulk({ decision: "heal", approvals: list });
  if (approvals.length === 0)
    return (
      <Empty icon={Hand} title="No rejected actions">
        A rejected action is not run: its agent stays contained and its service unchanged until somebody chooses “heal
        now”.
      </Empty>
    );
  return (
    <>
      {decides && healable.length > 1 ? (
        <div className="mx-auto mb-3 flex max-w-4xl justify-end lg:mx-0">
          <Button size="touch" look="primary" onClick={() => heal(healable)}>
            Heal all {healable.length}
          </Button>
        </div>
      ) : null}
      <Stack>
        {approvals.map((approval) => (
          <ApprovalCard key={approval.id} approval={approval} decides={decides} onHeal={() => heal([approval])} />
        ))}
      </Stack>
    </>
  );
}

function Decided() {
  const { approvals, waiting } = useApprovals(undefined, "decided approvals");
  if (waiting) return waiting;
  const decided = approvals.filter(({ state }) => state !== "pending");
  return decided.length === 0 ? (
    <Empty icon={History} title="No decisions yet">
      Every decision is recorded here: who, when, on what evidence and with which comment.
    </Empty>
  ) : (
    <Stack>
      {decided.map((approval) => (
        <ApprovalCard key={approval.id} approval={approval} decides={false} />
      ))}
    </Stack>
  );
}

const Stack = ({ children }: { children: ReactNode }) => (
  <div className="mx-auto grid max-w-4xl gap-3 lg:mx-0">{children}</div>
);
