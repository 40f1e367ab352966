"use client";

import { Check, CircleDashed, LoaderCircle, type LucideIcon, OctagonX } from "lucide-react";
import { useState } from "react";
import type { ServiceStory } from "@/lib/contracts/services";
import { cn } from "@/components/ui/cn";
import { duration, integer } from "@/components/ui/format";
import { Panel } from "@/components/ui/panel";
import { Author } from "./author";
import { StepList } from "./step-list";
import { CARDS, type Work, type WorkState, workOf } from "./story";

const LOOKS: Record<WorkState, { icon: LucideIcon; says: string; ink: string; edge: string }> = {
  waiting: { icon: CircleDashed, says: "waiting", ink: "text-ink-3", edge: "border-line opacity-70" },
  working: { icon: LoaderCircle, says: "running", ink: "text-accent", edge: "border-accent bg-accent-tint" },
  done: { icon: Check, says: "done", ink: "text-ok", edge: "border-line-strong" },
  stopped: { icon: OctagonX, says: "stopped", ink: "text-hold", edge: "border-hold/40" },
};

/** Who looks at what, live: five cards that light up, and on demand every call with what it asked and what came back. */
export function Specialists({ story: { investigation, steps } }: { story: ServiceStory }) {
  const [open, setOpen] = useState<number | null>(null);
  const spent = investigation?.spent;
  const state = investigation?.state ?? null;
  const works = CARDS.map(({ nodes }) => workOf(nodes, steps, state));
  const shown = open === null ? undefined : works[open];
  const calls = spent?.calls ?? steps.filter(({ tool }) => tool !== null).length;
  const attempt = investigation && investigation.attempt > 1 ? `, attempt ${investigation.attempt}` : "";
  return (
    <Panel
      title="Specialists"
      hint={
        investigation === null
          ? "not started"
          : `${integer(calls)} calls${spent ? `, ${duration(spent.ms)}` : ""}${
              spent && spent.tokens > 0
                ? `, ${integer(spent.tokens)} tokens, ${spent.usd.toFixed(4)} USD`
                : ", no tokens"
            }${attempt}`
      }
    >
      <ol className="grid gap-2 sm:grid-cols-2 lg:grid-cols-5" aria-live="polite">
        {CARDS.map(({ title }, index) => (
          <li key={title}>
            <Card
              title={title}
              work={works[index]!}
              open={open === index}
              onToggle={() => setOpen(open === index ? null : index)}
            />
          </li>
        ))}
      </ol>
      {shown ? <StepList steps={shown.steps} /> : null}
    </Panel>
  );
}

function Card({ title, work, open, onToggle }: { title: string; work: Work; open: boolean; onToggle: () => void }) {
  const { icon: Icon, says, ink, edge } = LOOKS[work.state];
  return (
    <button
      type="button"
      aria-expanded={open}
      onClick={onToggle}
      data-work={work.state}
      className={cn(
        "flex h-full w-full flex-col gap-1 rounded-lg border p-2.5 text-left transition-colors hover:bg-hover",
        edge,
        open && "ring-2 ring-ring",
      )}
    >
      <span className="flex w-full items-center gap-1.5 text-sm font-medium">
        <Icon className={cn("size-4 shrink-0", ink, work.state === "working" && "animate-spin")} aria-hidden />
        <span className="truncate">{title}</span>
        <span className={cn("ml-auto shrink-0 text-2xs font-normal whitespace-nowrap", ink)}>{says}</span>
      </span>
      <span className="line-clamp-2 min-h-8 text-xs text-ink-2">
        {work.said ?? (work.state === "done" ? "No result" : "")}
      </span>
      <span className="mt-auto flex w-full flex-wrap items-center gap-x-2 gap-y-1">
        {work.authors.slice(0, 1).map((author) => (
          <Author key={author} name={author} />
        ))}
        {work.calls > 0 ? (
          <span className="num text-2xs text-ink-3">
            {work.calls} {work.calls === 1 ? "call" : "calls"}
            {work.failed > 0 ? `, ${work.failed} failed` : ""}, {duration(work.ms)}
          </span>
        ) : null}
      </span>
    </button>
  );
}
