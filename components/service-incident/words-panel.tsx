"use client";

import { Check, Copy, Download } from "lucide-react";
import { useState } from "react";
import type { ServiceStory } from "@/lib/contracts/services";
import { PATHS } from "@/lib/contracts/paths";
import { href } from "@/components/api";
import { useDrill } from "@/components/drills/world";
import { FreezeLink } from "@/components/incidents/freeze-link";
import { Button, buttonStyle } from "@/components/ui/button";
import { Panel } from "@/components/ui/panel";
import { Author } from "./author";

/** How long a copy button says that it copied. */
const SAID_MS = 2_000;

/** What can be told to others: the summary, Slack's text, the status page's line, and the evidence as a file. */
export function WordsPanel({ story: { investigation, incident } }: { story: ServiceStory }) {
  const drill = useDrill();
  if (!investigation?.summary) return null;
  // What is pasted elsewhere has no banner above it.
  const said = (text: string) => (drill === null ? text : `[Drill, not real] ${text}`);
  const slack = slackText(investigation.slack);
  return (
    <Panel
      title="Summary"
      hint={<Author name={investigation.authors?.["summary"] ?? "local"} />}
      actions={
        <>
          <FreezeLink id={incident.id} size="sm" />
          <a
            href={href(PATHS.INCIDENT_BUNDLE, { params: { id: incident.id }, query: { drill } })}
            download={`incident-${incident.id}.json`}
            className={buttonStyle({ size: "sm" })}
          >
            <Download aria-hidden /> Export bundle
          </a>
        </>
      }
    >
      <p className="text-sm break-words whitespace-pre-line text-ink-2">{investigation.summary}</p>
      <div className="mt-3 flex flex-wrap gap-2">
        {investigation.status_line ? (
          <CopyButton label="Copy status line" text={said(investigation.status_line)} />
        ) : null}
        {slack ? <CopyButton label="Copy Slack text" text={said(slack)} /> : null}
        <CopyButton label="Copy summary" text={said(investigation.summary)} />
      </div>
      {investigation.status_line ? (
        <p className="mt-3 text-xs text-ink-3">
          Status line: <span className="text-ink-2">{investigation.status_line}</span>
        </p>
      ) : null}
    </Panel>
  );
}

function CopyButton({ label, text }: { label: string; text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), SAID_MS);
  };
  return (
    <Button size="sm" onClick={() => void copy()}>
      {copied ? <Check aria-hidden /> : <Copy aria-hidden />} {copied ? "Copied" : label}
    </Button>
  );
}

/** The text of Slack's blocks, as it is pasted; null when there is none. */
export function slackText(json: string | null): string | null {
  if (json === null) return null;
  try {
    const { blocks } = JSON.parse(json) as { blocks: { text: { text: string } }[] };
    return blocks.map(({ text }) => text.text).join("\n\n");
  } catch {
    return null;
  }
}
