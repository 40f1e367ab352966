import type { ReactNode } from "react";

export const Kbd = ({ children }: { children: ReactNode }) => (
  <kbd className="inline-grid h-4.5 min-w-4.5 place-items-center rounded border border-line-strong bg-sunken px-1 font-sans text-2xs text-ink-2">
    {children}
  </kbd>
);
