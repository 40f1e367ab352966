import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";

/** Pictures would be fetched from wherever the text says; a runbook is read without them. */
const LEFT_OUT = ["img"];

const parts: Components = {
  h1: ({ children }) => <h2 className="text-lg font-semibold tracking-tight">{children}</h2>,
  h2: ({ children }) => <h3 className="pt-2 font-semibold">{children}</h3>,
  h3: ({ children }) => <h4 className="pt-1 text-sm font-semibold">{children}</h4>,
  h4: ({ children }) => <h5 className="text-sm font-semibold">{children}</h5>,
  p: ({ children }) => <p className="wrap-anywhere">{children}</p>,
  ul: ({ children }) => <ul className="list-disc space-y-1.5 pl-5 marker:text-ink-3">{children}</ul>,
  ol: ({ children, start }) => (
    <ol start={start} className="list-decimal space-y-1.5 pl-5 marker:text-ink-3">
      {children}
    </ol>
  ),
  a: ({ children, href }) => (
    <a href={href} rel="noreferrer noopener" target="_blank" className="text-accent underline underline-offset-2">
      {children}
    </a>
  ),
  code: ({ children }) => (
    <code className="rounded bg-sunken px-1 py-0.5 font-mono text-[0.92em] wrap-anywhere">{children}</code>
  ),
  pre: ({ children }) => (
    <pre
      tabIndex={0}
      role="region"
      aria-label="Code block"
      className="overflow-x-auto rounded-md bg-sunken p-3 text-xs [&_code]:bg-transparent [&_code]:p-0"
    >
      {children}
    </pre>
  ),
  blockquote: ({ children }) => <blockquote className="border-l-2 pl-3 text-ink-2">{children}</blockquote>,
  table: ({ children }) => (
    <div className="relative overflow-x-auto" tabIndex={0} role="region" aria-label="Table">
      <table className="w-full text-sm [&_td]:border-t [&_td]:py-1.5 [&_td]:pr-4 [&_th]:py-1.5 [&_th]:pr-4 [&_th]:text-left [&_th]:font-medium">
        {children}
      </table>
    </div>
  ),
};

/** Markdown that others wrote. HTML in it is shown as nothing, addresses that could run anything are dropped, pictures are left out. */
export const Markdown = ({ children }: { children: string }) => (
  <div className="space-y-3 text-base leading-relaxed">
    <ReactMarkdown remarkPlugins={[remarkGfm]} components={parts} disallowedElements={LEFT_OUT} skipHtml>
      {children}
    </ReactMarkdown>
  </div>
);
