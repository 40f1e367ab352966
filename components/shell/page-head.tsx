import type { ReactNode } from "react";

/** A screen's name, what it is, and what can be done here. */
export function PageHead({
  title,
  lead,
  actions,
  above,
}: {
  title: ReactNode;
  lead?: ReactNode;
  actions?: ReactNode;
  above?: ReactNode;
}) {
  return (
    <div className="mb-5 flex flex-wrap items-end gap-x-4 gap-y-3">
      <div className="min-w-0">
        {above ? <div className="mb-1 text-xs text-ink-3">{above}</div> : null}
        <h1 className="text-xl font-semibold tracking-tight break-words">{title}</h1>
        {lead ? <div className="mt-1 text-sm text-ink-2">{lead}</div> : null}
      </div>
      {actions ? (
        <div className="ml-auto flex flex-wrap items-center gap-2 max-sm:w-full max-sm:[&>button:not([aria-label])]:flex-1">
          {actions}
        </div>
      ) : null}
    </div>
  );
}
