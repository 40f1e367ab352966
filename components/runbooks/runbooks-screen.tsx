"use client";

import { useQuery } from "@tanstack/react-query";
import { BookOpenText, SearchX } from "lucide-react";
import { useQueryStates } from "nuqs";
import { useEffect, useRef } from "react";
import type { RunbooksAnswer, RunbookView } from "@/lib/contracts/operations";
import { PageHead } from "@/components/shell/page-head";
import { Badge } from "@/components/ui/badge";
import { cn } from "@/components/ui/cn";
import { Empty, LoadError, Skeleton } from "@/components/ui/feedback";
import { PageSearch } from "@/components/ui/page-search";
import { integer } from "@/components/ui/format";
import { Panel } from "@/components/ui/panel";
import { useSettled } from "@/components/ui/settled";
import { Ago } from "@/components/ui/time";
import { runbookFilters } from "./filters";
import { Markdown } from "./markdown";
import { runbooksQuery } from "./queries";

const SEARCH_MS = 250;
/** Characters of a section that are shown in the results. */
const EXCERPT = 180;

export function RunbooksScreen() {
  const [filters, setFilters] = useQueryStates(runbookFilters);
  const q = useSettled(filters.q, SEARCH_MS).trim();
  const { data, error, refetch } = useQuery(runbooksQuery(q));
  const open = data?.runbooks.find(({ path }) => path === filters.open) ?? null;
  const read = (path: string) => void setFilters({ open: path }, { history: "push" });
  return (
    <>
      <PageHead
        title="Runbooks"
        lead={
          data
            ? `${integer(data.runbooks.length)} loaded. Sentinel quotes them as evidence and never executes their steps.`
            : "Loading"
        }
      />
      <PageSearch
        className="mb-4 sm:max-w-96"
        label="Search runbooks"
        placeholder="Symptom, alert, query"
        maxLength={500}
        value={filters.q}
        onChange={(q) => void setFilters({ q })}
      />
      {error && !data ? (
        <LoadError what="runbooks" error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Skeleton className="h-96 rounded-[0.625rem]" />
      ) : data.runbooks.length === 0 ? (
        <Empty icon={BookOpenText} title="No runbooks yet">
          Markdown files in the folder that SENTINEL_RUNBOOKS_DIR names appear here within a minute.
        </Empty>
      ) : (
        <div className="grid items-start gap-4 lg:grid-cols-[20rem_1fr]">
          <nav aria-label="Runbooks" className="panel overflow-hidden">
            {q === "" ? (
              <List runbooks={data.runbooks} open={open} onOpen={read} />
            ) : (
              <Results answer={data} open={open} onOpen={read} />
            )}
          </nav>
          <Reader runbook={open} />
        </div>
      )}
    </>
  );
}

interface Choosing {
  open: RunbookView | null;
  onOpen: (path: string) => void;
}

const entry = "block w-full px-4 py-2.5 text-left -outline-offset-2 hover:bg-hover";

function List({ runbooks, open, onOpen }: Choosing & { runbooks: readonly RunbookView[] }) {
  return (
    <ul className="divide-y">
      {runbooks.map((runbook) => (
        <li key={runbook.path}>
          <button
            type="button"
            onClick={() => onOpen(runbook.path)}
            aria-current={runbook === open ? "true" : undefined}
            className={cn(entry, runbook === open && "bg-hover")}
          >
            <span className="block truncate text-sm font-medium">{runbook.title}</span>
            <span className="block truncate text-xs text-ink-3">
              {runbook.services.length === 0 ? "all services" : runbook.services.join(", ")}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** The nearest of the headings above a section; the search gives the whole way there. */
const last = (heading: string) => heading.split(" › ").at(-1) ?? heading;

function Results({ answer: { sections, runbooks }, open, onOpen }: Choosing & { answer: RunbooksAnswer }) {
  if (sections.length === 0) return <Empty icon={SearchX} title="No matching section" className="py-8" />;
  const titles = new Map(runbooks.map(({ path, title }) => [path, title]));
  return (
    <ol className="divide-y">
      {sections.map((section, index) => (
        <li key={`${section.path} ${section.heading} ${index}`}>
          <button
            type="button"
            onClick={() => onOpen(section.path)}
            className={cn(entry, section.path === open?.path && "bg-hover")}
          >
            <span className="block truncate text-sm font-medium">{last(section.heading)}</span>
            <span className="block truncate text-xs text-ink-2">{titles.get(section.path) ?? section.path}</span>
            <span className="mt-0.5 line-clamp-2 text-xs wrap-anywhere text-ink-3">
              {section.body.slice(0, EXCERPT)}
            </span>
          </button>
        </li>
      ))}
    </ol>
  );
}

function Reader({ runbook }: { runbook: RunbookView | null }) {
  const top = useRef<HTMLDivElement>(null);
  const path = runbook?.path;
  const first = useRef(path);
  useEffect(() => {
    // On a phone what was chosen lies below the list.
    if (path !== undefined && path !== first.current) top.current?.scrollIntoView({ block: "nearest" });
    first.current = path;
  }, [path]);
  if (!runbook)
    return (
      <Panel className="max-lg:hidden">
        <Empty icon={BookOpenText} title="Choose a runbook" />
      </Panel>
    );
  return (
    <article ref={top} className="panel min-w-0 scroll-mt-20 px-5 py-4 sm:px-7 sm:py-6">
      <div className="max-w-[72ch]">
        <Markdown>{runbook.body}</Markdown>
        <footer className="mt-6 flex flex-wrap items-center gap-2 border-t pt-3 text-xs text-ink-3">
          <code className="font-mono">{runbook.path}</code>
          <span>
            changed <Ago at={runbook.updated_at} />
          </span>
          {runbook.services.map((service) => (
            <Badge key={service}>{service}</Badge>
          ))}
        </footer>
      </div>
    </article>
  );
}
