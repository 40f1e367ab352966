import type { ComponentProps } from "react";
import Markdown from "react-markdown";
import remarkGfm from "remark-gfm";
import type { IncidentDetail } from "@/lib/contracts/incidents";
import { Panel } from "@/components/ui/panel";

type Parts = NonNullable<ComponentProps<typeof Markdown>["components"]>;

/** Markdown as it stands below the page's own headings. Nothing in it is markup of ours, a link or a picture. */
const PARTS: Parts = {
  h1: ({ children }) => <h3 className="text-base font-semibold">{children}</h3>,
  h2: ({ children }) => <h4 className="mt-4 mb-1 text-sm font-semibold">{children}</h4>,
  p: ({ children }) => <p className="my-1.5">{children}</p>,
  ul: ({ children }) => <ul className="my-1 list-disc space-y-0.5 pl-5">{children}</ul>,
  ol: ({ children }) => <ol className="my-1 list-decimal space-y-0.5 pl-5">{children}</ol>,
  code: ({ children }) => <code className="rounded bg-sunken px-1 font-mono text-xs">{children}</code>,
  input: ({ checked }) => (
    <span aria-label={checked ? "done" : "to do"} role="img">
      {checked ? "☑" : "☐"}{" "}
    </span>
  ),
};

/** The draft that is written when an incident closes. */
export function PostmortemPanel({ markdown }: { markdown: IncidentDetail["postmortem"] }) {
  if (markdown === null) return null;
  return (
    <Panel title="Post-mortem" hint="draft, generated from the record">
      <div className="max-w-prose text-sm break-words text-ink-2 [&_strong]:text-ink">
        <Markdown
          remarkPlugins={[remarkGfm]}
          components={PARTS}
          disallowedElements={["a", "img"]}
          unwrapDisallowed
          skipHtml
        >
          {markdown}
        </Markdown>
      </div>
    </Panel>
  );
}
