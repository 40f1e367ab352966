"use client";

import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { FlaskConical, Zap } from "lucide-react";
import { useState } from "react";
import type { DemoFaults } from "@/lib/contracts/demo";
import { PATHS } from "@/lib/contracts/paths";
import { useSession } from "@/components/access/session";
import { call } from "@/components/api";
import { overviewQuery } from "@/components/overview/queries";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { LoadError, Skeleton } from "@/components/ui/feedback";
import { Select } from "@/components/ui/select";
import { Ago } from "@/components/ui/time";
import { toast } from "@/components/ui/toast";

const POLL_MS = 5_000;
/** Longer than the server waits: a release is out, or taken back, when the service answers again. */
const TIMEOUT_MS = 100_000;
const ANY = "";

const faultsQuery = queryOptions({
  queryKey: ["demo", "faults"],
  queryFn: ({ signal }) => call("GET", PATHS.DEMO_FAULTS, { signal }),
  refetchInterval: POLL_MS,
});

/** Breaks one of the demo's own agents, or its service. Only where the server says that it is a demo. */
export function InjectFault() {
  const { data: overview } = useQuery(overviewQuery);
  const { decides } = useSession();
  const [open, setOpen] = useState(false);
  if (!overview?.demo || !decides) return null;
  return (
    <>
      <Button onClick={() => setOpen(true)}>
        <Zap aria-hidden /> Inject a fault
      </Button>
      <Dialog
        wide
        open={open}
        onOpenChange={setOpen}
        title="Inject a fault"
        description="Injects a real fault into a demo agent or the demo service. Sentinel is not told: it sees only what is reported and measured."
      >
        <Faults />
      </Dialog>
    </>
  );
}

function Faults() {
  const { data, error, refetch } = useQuery(faultsQuery);
  if (error && !data) return <LoadError what="the faults" error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton className="h-48" />;
  return (
    <ul className="divide-y rounded-md border">
      {data.faults.map((fault) => (
        <Fault key={fault.kind} fault={fault} active={data.active.filter(({ kind }) => kind === fault.kind)} />
      ))}
    </ul>
  );
}

function Fault({ fault, active }: { fault: DemoFaults["faults"][number]; active: DemoFaults["active"] }) {
  const [agent, setAgent] = useState(ANY);
  const client = useQueryClient();
  const inject = useMutation({
    mutationFn: () =>
      call("POST", PATHS.DEMO_FAULTS, {
        body: { kind: fault.kind, ...(agent === ANY ? {} : { agent }) },
        timeoutMs: TIMEOUT_MS,
      }),
    onSuccess: () => toast.success(`${fault.title}: injected.`),
    onSettled: () => client.invalidateQueries({ queryKey: faultsQuery.queryKey }),
  });
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-2 px-3 py-3">
      <div className="min-w-0 flex-1 basis-56">
        <p className="flex flex-wrap items-center gap-2 text-sm font-medium">
          <FlaskConical className="size-4 text-ink-3" aria-hidden />
          {fault.title}
        </p>
        <p className="mt-0.5 text-xs text-ink-2">{fault.description}</p>
      </div>
      {active.map((one) => (
        <Active key={one.id} title={fault.title} fault={one} />
      ))}
      {fault.agents.length > 1 ? (
        <Select
          label={`Agent for ${fault.title}`}
          value={agent}
          onChange={setAgent}
          options={[{ value: ANY, label: "Any agent" }, ...fault.agents.map((value) => ({ value, label: value }))]}
          className="max-w-44"
        />
      ) : null}
      <Button busy={inject.isPending} onClick={() => inject.mutate()} aria-label={`Inject: ${fault.title}`}>
        Inject
      </Button>
    </li>
  );
}

/** What a person broke, until they mend it: an action that heals is what the demo is about, so this is for those who wait for none. */
function Active({ title, fault }: { title: string; fault: DemoFaults["active"][number] }) {
  const client = useQueryClient();
  const end = useMutation({
    mutationFn: () => call("DELETE", PATHS.DEMO_FAULT, { params: { id: fault.id }, timeoutMs: TIMEOUT_MS }),
    onSuccess: () => toast.success(`${title}: ended on ${fault.agent}.`),
    onSettled: () => client.invalidateQueries({ queryKey: faultsQuery.queryKey }),
  });
  return (
    <span className="flex items-center gap-1">
      <Badge tone="warn" icon={Zap}>
        {fault.agent}, <Ago at={fault.since} />
      </Badge>
      <Button
        look="quiet"
        busy={end.isPending}
        onClick={() => end.mutate()}
        aria-label={`End: ${title}, ${fault.agent}`}
      >
        End
      </Button>
    </span>
  );
}
