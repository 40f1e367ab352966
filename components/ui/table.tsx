import type { ComponentProps, ReactNode } from "react";
import { cn } from "./cn";
import { Clock } from "./time";

/** A plain table that scrolls sideways by itself, and can be reached by keyboard to do so. `relative`: what is hidden for the eye alone is positioned, and would widen the page. */
export const Table = ({ label, children }: { label: string; children: ReactNode }) => (
  <div className="relative overflow-x-auto" tabIndex={0} role="region" aria-label={label}>
    <table className="w-full text-sm">{children}</table>
  </div>
);

export const HeadRow = ({ children }: { children: ReactNode }) => (
  <thead>
    <tr className="border-b text-left text-xs text-ink-3 *:px-3 *:py-2 *:font-medium *:whitespace-nowrap *:first:pl-4 *:last:pr-4">
      {children}
    </tr>
  </thead>
);

export const Body = ({ children }: { children: ReactNode }) => <tbody className="divide-y">{children}</tbody>;

export const Row = ({ className, ...props }: ComponentProps<"tr">) => (
  <tr {...props} className={cn("align-top *:px-3 *:py-2 *:first:pl-4 *:last:pr-4 hover:bg-hover/50", className)} />
);

/** When a row happened, small beside what happened. */
export const TimeCell = ({ at }: { at: number }) => (
  <td className="num text-xs leading-5 whitespace-nowrap text-ink-3">
    <Clock at={at} />
  </td>
);
