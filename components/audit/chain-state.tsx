import { ShieldAlert, ShieldCheck, ShieldQuestion } from "lucide-react";
import type { AuditCheckView } from "@/lib/contracts/audit";
import { INK } from "@/components/ui/badge";
import { cn } from "@/components/ui/cn";
import { integer } from "@/components/ui/format";
import { Clock } from "@/components/ui/time";

/** How far the server found the log to be as it was written. */
export function ChainState({ check }: { check: AuditCheckView }) {
  const { state, broken } = check;
  const Icon = state === "broken" ? ShieldAlert : state === "intact" ? ShieldCheck : ShieldQuestion;
  return (
    <p role="status" className="flex items-center gap-1.5 text-sm">
      <Icon
        className={cn("size-4 shrink-0", state === "broken" ? INK.hold : state === "intact" ? INK.ok : INK.mute)}
        aria-hidden
      />
      <span>
        {broken ? (
          <>
            <strong className="font-semibold">Entry {integer(broken.seq)} is broken:</strong> {broken.reason}.
          </>
        ) : state === "intact" && check.at !== null ? (
          <>
            Verified up to entry {integer(check.verified_to)} at <Clock at={check.at} />
          </>
        ) : (
          `Verifying… up to entry ${integer(check.verified_to)} so far`
        )}
      </span>
    </p>
  );
}
