import type { ReactNode } from "react";
import { Logo } from "@/components/shell/logo";

/** The frame of the pages outside of the console. */
export const Frame = ({ title, lead, children }: { title: string; lead?: ReactNode; children?: ReactNode }) => (
  <main className="grid min-h-dvh place-items-center px-4 py-10">
    <div className="w-full max-w-sm">
      <p className="mb-6 flex items-center gap-2.5 font-semibold tracking-tight">
        <Logo className="size-6 text-accent" /> Sentinel
      </p>
      <div className="panel p-6">
        <h1 className="text-lg font-semibold tracking-tight">{title}</h1>
        {lead ? <div className="mt-1 text-sm text-ink-2">{lead}</div> : null}
        {children ? <div className="mt-5">{children}</div> : null}
      </div>
    </div>
  </main>
);
