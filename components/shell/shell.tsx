"use client";

import { Search } from "lucide-react";
import Link from "next/link";
import { type ReactNode, useCallback, useState } from "react";
import { ConnectionState, StaleGuard } from "@/components/live/connection";
import { Kbd } from "@/components/ui/kbd";
import { type Act, Acts } from "./acts";
import { Logo } from "./logo";
import { BottomNav, SideNav } from "./nav";
import { Palette } from "./palette";
import { Shortcuts } from "./shortcuts";
import { StopBanner, StopButton } from "./stop-banner";
import { UserMenu } from "./user-menu";

/** The frame around every screen of the console. */
export function Shell({ children }: { children: ReactNode }) {
  const [palette, setPalette] = useState(false);
  const openPalette = useCallback(() => setPalette(true), []);
  const [act, setAct] = useState<Act | null>(null);
  return (
    <div className="flex min-h-dvh">
      <a
        href="#content"
        className="sr-only z-50 rounded-md bg-surface px-3 py-2 text-sm font-medium focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to content
      </a>
      <aside className="sticky top-0 hidden h-dvh w-56 shrink-0 flex-col border-r bg-surface lg:flex">
        <Link href="/" className="flex h-14 items-center gap-2.5 px-4 font-semibold tracking-tight">
          <Logo className="size-5 text-accent" />
          Sentinel
        </Link>
        <SideNav />
        <p className="mt-auto flex items-center gap-1.5 px-4 py-3 text-xs text-ink-3">
          <Kbd>?</Kbd> Keyboard shortcuts
        </p>
      </aside>
      <div className="flex min-w-0 flex-1 flex-col">
        <header className="sticky top-0 z-20 flex h-14 items-center gap-2 border-b bg-canvas/92 px-4 backdrop-blur-sm lg:px-6">
          <Link href="/" aria-label="Overview" className="mr-1 lg:hidden">
            <Logo className="size-6 text-accent" />
          </Link>
          <button
            type="button"
            onClick={openPalette}
            className="flex h-8 min-w-0 flex-1 items-center gap-2 rounded-md border bg-surface px-2.5 text-sm text-ink-3 hover:border-line-strong hover:text-ink-2 sm:max-w-72"
          >
            <Search className="size-3.5 shrink-0" aria-hidden />
            <span className="truncate">Search</span>
            <span className="ml-auto hidden gap-1 sm:flex" aria-hidden>
              <Kbd>⌘</Kbd>
              <Kbd>K</Kbd>
            </span>
          </button>
          <div className="ml-auto flex items-center gap-1.5">
            <ConnectionState />
            <StopButton onStop={() => setAct({ kind: "stop", on: false })} />
            <UserMenu />
          </div>
        </header>
        <StopBanner onResume={() => setAct({ kind: "stop", on: true })} />
        <StaleGuard>
          <main id="content" tabIndex={-1} className="px-4 pt-5 pb-24 outline-none lg:px-6 lg:pb-10">
            {children}
          </main>
        </StaleGuard>
      </div>
      <BottomNav />
      <Palette open={palette} onOpenChange={setPalette} onAct={setAct} />
      <Acts act={act} onClose={() => setAct(null)} />
      <Shortcuts onPalette={openPalette} />
    </div>
  );
}
