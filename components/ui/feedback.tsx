import { CircleAlert, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { INK, TINT, type Tone } from "./badge";
import { Button } from "./button";
import { cn } from "./cn";

export const Skeleton = ({ className }: { className?: string }) => (
  <div aria-hidden className={cn("skeleton h-4", className)} />
);

/** Nothing here, and why that is. */
export function Empty({
  icon: Icon,
  title,
  heading: Title = "p",
  children,
  action,
  className,
}: {
  icon: LucideIcon;
  title: string;
  /** `h1` where it stands in place of a whole page. */
  heading?: "p" | "h1";
  children?: ReactNode;
  action?: ReactNode;
  className?: string;
}) {
  return (
    <div className={cn("flex flex-col items-center px-6 py-12 text-center", className)}>
      <Icon className="mb-3 size-6 text-ink-3" aria-hidden />
      <Title className="font-medium">{title}</Title>
      {children ? <div className="mt-1 max-w-md text-sm text-ink-2">{children}</div> : null}
      {action ? <div className="mt-4">{action}</div> : null}
    </div>
  );
}

/** A note that matters to the whole of what is below it. */
export function Callout({
  tone,
  icon: Icon,
  title,
  actions,
  className,
  children,
}: {
  tone: Tone;
  icon: LucideIcon;
  title?: ReactNode;
  actions?: ReactNode;
  className?: string;
  children?: ReactNode;
}) {
  return (
    <div
      className={cn("flex flex-wrap items-start gap-x-3 gap-y-2 rounded-lg px-3 py-2.5 text-sm", TINT[tone], className)}
    >
      <Icon className={cn("mt-0.5 size-4 shrink-0", INK[tone])} aria-hidden />
      <div className="min-w-0 flex-1 basis-56">
        {title ? <p className="font-medium">{title}</p> : null}
        {children ? <div className={title ? "opacity-95" : ""}>{children}</div> : null}
      </div>
      {actions}
    </div>
  );
}

/** A part of the screen that could not be loaded. */
export function LoadError({ what, error, onRetry }: { what: string; error: Error; onRetry: () => void }) {
  return (
    <Callout
      tone="hold"
      icon={CircleAlert}
      title={`Could not load ${what}`}
      actions={
        <Button size="sm" onClick={onRetry}>
          Try again
        </Button>
      }
    >
      {error.message}
    </Callout>
  );
}
