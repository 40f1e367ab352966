import type { ReactNode } from "react";
import { cn } from "./cn";

/** A titled surface. `flush` leaves the body without padding, for tables and lists. */
export function Panel({
  title,
  hint,
  actions,
  flush,
  className,
  children,
  id,
}: {
  title?: ReactNode;
  hint?: ReactNode;
  actions?: ReactNode;
  flush?: boolean;
  className?: string;
  children: ReactNode;
  id?: string;
}) {
  return (
    <section id={id} className={cn("panel min-w-0", className)}>
      {title ? (
        <header className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 border-b px-4 py-2">
          <h2 className="text-sm font-semibold">{title}</h2>
          {hint ? <p className="text-xs text-ink-3">{hint}</p> : null}
          {actions ? <div className="ml-auto flex flex-wrap items-center gap-2">{actions}</div> : null}
        </header>
      ) : null}
      <div className={flush ? "min-w-0" : "p-4"}>{children}</div>
    </section>
  );
}
