"use client";

import { RotateCcw } from "lucide-react";
import { useRouter } from "next/navigation";
import { useSession } from "@/components/access/session";
import { Button } from "@/components/ui/button";
import { useStartRun } from "./run-actions";

/** Plays one case of the dev set again, on the code as it is now. */
export function RunAgain({ id }: { id: string }) {
  const router = useRouter();
  const { decides } = useSession();
  const start = useStartRun(({ id: run }) => router.push(`/evals?run=${encodeURIComponent(run)}`));
  return decides ? (
    <Button busy={start.isPending} onClick={() => start.mutate({ set: "dev", cases: [id] })}>
      <RotateCcw aria-hidden /> Run this case again
    </Button>
  ) : null;
}
