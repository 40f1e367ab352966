"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Clapperboard, FlaskConical } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import type { ScenarioView } from "@/lib/contracts/drills";
import { PATHS } from "@/lib/contracts/paths";
import { useSession } from "@/components/access/session";
import { call } from "@/components/api";
import { scenariosQuery } from "./queries";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Empty, LoadError, Skeleton } from "@/components/ui/feedback";
import { toast } from "@/components/ui/toast";

/** A drill: a recorded incident is played in a world of its own. For those who may decide. */
export function RunDrill({ look }: { look?: "primary" }) {
  const { decides } = useSession();
  const [open, setOpen] = useState(false);
  if (!decides) return null;
  return (
    <>
      <Button look={look} onClick={() => setOpen(true)}>
        <Clapperboard aria-hidden /> Run a drill
      </Button>
      <Dialog
        wide
        open={open}
        onOpenChange={setOpen}
        title="Run a drill"
        description="A recorded incident is replayed as if it happened now, in a sandbox: nothing real is touched, and it is deleted within a day. Sentinel is not told its cause."
      >
        <Scenarios onFired={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

function Scenarios({ onFired }: { onFired: () => void }) {
  const { data, error, refetch } = useQuery(scenariosQuery);
  if (error && !data) return <LoadError what="the recorded incidents" error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton className="h-48" />;
  if (data.scenarios.length === 0) return <Empty icon={FlaskConical} title="No recorded incidents" />;
  return (
    <ul className="divide-y rounded-md border">
      {data.scenarios.map((scenario) => (
        <Scenario key={scenario.id} scenario={scenario} onFired={onFired} />
      ))}
    </ul>
  );
}

function Scenario({ scenario, onFired }: { scenario: ScenarioView; onFired: () => void }) {
  const client = useQueryClient();
  const router = useRouter();
  const fire = useMutation({
    mutationFn: () => call("POST", PATHS.SCENARIO_FIRE, { params: { id: scenario.id } }),
    onSuccess: ({ drill }) => {
      toast.success(`${scenario.title}: drill started.`);
      onFired();
      router.push(`/drills/${encodeURIComponent(drill)}`);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["drills"] }),
  });
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-2 px-3 py-3">
      <div className="min-w-0 flex-1 basis-56">
        <p className="text-sm font-medium">{scenario.title}</p>
        <p className="mt-0.5 text-xs text-ink-3">
          <span className="font-mono">{scenario.id}</span> · on {scenario.service}
        </p>
      </div>
      <Button busy={fire.isPending} onClick={() => fire.mutate()} aria-label={`Run: ${scenario.title}`}>
        Run
      </Button>
    </li>
  );
}
