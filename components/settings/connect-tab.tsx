"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleCheck, KeyRound, LoaderCircle } from "lucide-react";
import { useState } from "react";
import { PATHS } from "@/lib/contracts/paths";
import {
  CONNECTABLE,
  type Connectable,
  guideFor,
  UNREACHABLE_WORDS,
  WHEN_UNREACHABLE,
  type WhenUnreachable,
} from "@/lib/ingest/hooks/guides";
import { call } from "@/components/api";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Panel } from "@/components/ui/panel";
import { Segmented } from "@/components/ui/segmented";
import { Ago } from "@/components/ui/time";
import { CopyBlock } from "./copy-block";
import { McpPanel } from "./mcp-panel";
import { firstRecordsQuery, keysQuery } from "./queries";

/** Stands in the settings until a key is made. */
const NO_KEY = "snt_…";
const UNREACHABLE_LABELS: Record<WhenUnreachable, string> = { allow: "Allow", block: "Block" };
const nameOf = (program: Connectable) =>
  guideFor(program, { url: "", key: "", managed: false, whenUnreachable: "allow" }).name;

interface Made {
  program: Connectable;
  secret: string;
  at: number;
}

/** How programs are watched here, and how assistants ask. */
export function ConnectTab() {
  return (
    <div className="space-y-4">
      <TelemetryPanel />
      <McpPanel />
    </div>
  );
}

/** What has to be set at a program so that it is watched here, and held where it has hooks. */
function TelemetryPanel() {
  const [program, setProgram] = useState<Connectable>("claude-code");
  const [whose, setWhose] = useState<"person" | "fleet">("person");
  const [whenUnreachable, setWhenUnreachable] = useState<WhenUnreachable>("allow");
  const [made, setMade] = useState<Made | null>(null);
  const client = useQueryClient();
  const make = useMutation({
    mutationFn: (name: Connectable) => call("POST", PATHS.KEYS, { body: { name, scopes: ["events"] } }),
    onSuccess: ({ secret, key }, name) => setMade({ program: name, secret, at: key.created_at }),
    onSettled: () => client.invalidateQueries({ queryKey: keysQuery.queryKey }),
  });
  const fresh = made?.program === program ? made : null;
  const guide = guideFor(program, {
    url: location.origin,
    key: fresh?.secret ?? NO_KEY,
    managed: whose === "fleet",
    whenUnreachable,
  });
  return (
    <Panel
      title="Connect"
      hint="coding agents, and anything that sends OpenTelemetry"
      actions={
        <Badge tone={guide.holds ? "ok" : "mute"}>{guide.holds ? "Can be quarantined" : "Monitoring only"}</Badge>
      }
    >
      <div className="grid grid-cols-1 gap-5">
        <div className="flex flex-wrap items-center gap-3">
          <Segmented
            label="Program"
            value={program}
            onChange={setProgram}
            options={CONNECTABLE.map((value) => ({ value, label: nameOf(value) }))}
            className="flex-wrap"
          />
          <Segmented
            label="Settings for"
            value={whose}
            onChange={setWhose}
            options={[
              { value: "person", label: "One person" },
              { value: "fleet", label: "A fleet" },
            ]}
          />
        </div>
        {guide.holds ? (
          <div className="grid gap-1.5">
            <div className="flex flex-wrap items-center gap-3">
              <span className="text-sm font-medium">When Sentinel cannot be reached</span>
              <Segmented
                label="When Sentinel cannot be reached"
                value={whenUnreachable}
                onChange={setWhenUnreachable}
                options={WHEN_UNREACHABLE.map((value) => ({ value, label: UNREACHABLE_LABELS[value] }))}
              />
            </div>
            <p className="text-xs text-ink-2">{UNREACHABLE_WORDS[whenUnreachable]}</p>
          </div>
        ) : null}
        <div className="flex flex-wrap items-center gap-3">
          <Button look={fresh ? undefined : "primary"} busy={make.isPending} onClick={() => make.mutate(program)}>
            <KeyRound aria-hidden /> {fresh ? "Create another key" : "Create a key"}
          </Button>
          <p className="text-xs text-ink-2">
            {fresh
              ? "The key is in the settings below. Copy them now: it cannot be shown again."
              : "The settings below need an ingest key. Create one to have it filled in."}
          </p>
        </div>
        {guide.parts.map(({ where, text }) => (
          <div key={where} className="grid grid-cols-1 gap-1.5">
            <p className="text-sm font-medium wrap-anywhere">{where}</p>
            <CopyBlock text={text} label={`Settings for ${where}`} />
          </div>
        ))}
        <ul className="list-disc space-y-1 pl-5 text-xs text-ink-2">
          {guide.notes
            .filter((note) => note !== UNREACHABLE_WORDS[whenUnreachable])
            .map((note) => (
              <li key={note}>{note}</li>
            ))}
        </ul>
        {fresh ? <FirstEvent key={fresh.secret} program={program} since={fresh.at} /> : null}
      </div>
    </Panel>
  );
}

/** Whether anything has come with the key since it was made. */
function FirstEvent({ program, since }: { program: Connectable; since: number }) {
  const { data } = useQuery(firstRecordsQuery);
  const came = data?.records.filter((record) => record.key === program && record.last_at >= since) ?? [];
  const last = came[0];
  return (
    <p role="status" className="flex items-center gap-2 text-sm">
      {last ? (
        <>
          <CircleCheck className="size-4 text-ok" aria-hidden />
          <span>
            Received from {last.program} (<Ago at={last.last_at} />
            ): {[...new Set(came.map(({ signal }) => signal))].join(", ")}
          </span>
        </>
      ) : (
        <>
          <LoaderCircle className="size-4 animate-spin text-ink-3 motion-reduce:animate-none" aria-hidden />
          <span>Waiting for the first event…</span>
        </>
      )}
    </p>
  );
}
