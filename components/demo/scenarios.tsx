"use client";

import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Clapperboard, FlaskConical } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { toast } from "sonner";
import type { ScenarioView } from "@/lib/contracts/drills";
import { useSession } from "@/components/access/session";
import { api } from "@/components/api";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Empty, LoadError, Skeleton } from "@/components/ui/feedback";

const scenariosQuery = queryOptions({ queryKey: ["scenarios"], queryFn: ({ signal }) => api.scenarios(signal) });

/** A drill: a recorded incident comes in through the same door as a real one. For those who may decide. */
export function FireScenario() {
  const { decides } = useSession();
  const [open, setOpen] = useState(false);
  if (!decides) return null;
  return (
    <>
      <Button onClick={() => setOpen(true)}>
        <Clapperboard aria-hidden /> Run a drill
      </Button>
      <Dialog
        wide
        open={open}
        onOpenChange={setOpen}
        title="Run a drill"
        description="A recorded incident comes in as if it happened now: its alert, logs, changes and map. Sentinel is not told its cause."
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
  if (data.scenarios.length === 0) return <Empty icon={FlaskConical} title="No incident is recorded" />;
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
    mutationFn: () => api.fireScenario(scenario.id),
    onSuccess: ({ incidents: [incident] }) => {
      toast.success(`${scenario.title}: fired.`);
      onFired();
      if (incident !== undefined) router.push(`/incidents/${encodeURIComponent(incident)}`);
    },
    onSettled: () =>
      Promise.all(
        ["services", "incidents", "overview", "changes"].map((root) => client.invalidateQueries({ queryKey: [root] })),
      ),
  });
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-2 px-3 py-3">
      <div className="min-w-0 flex-1 basis-56">
        <p className="text-sm font-medium">{scenario.title}</p>
        <p className="mt-0.5 text-xs text-ink-3">on {scenario.service}</p>
      </div>
      <Button busy={fire.isPending} onClick={() => fire.mutate()} aria-label={`Fire: ${scenario.title}`}>
        Fire
      </Button>
    </li>
  );
}
