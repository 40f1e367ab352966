"use client";

import Link from "next/link";
import { createContext, type ReactNode, useContext } from "react";

/** The drill whose world a part of the page shows; null: the real one. */
const Drill = createContext<string | null>(null);

export const InDrill = ({ drill, children }: { drill: string; children: ReactNode }) => (
  <Drill value={drill}>{children}</Drill>
);

export const useDrill = (): string | null => useContext(Drill);

/** A link to a page of the real world. In a drill there is no such page: it is told, and leads nowhere. */
export function WorldLink({ href, className, children }: { href: string; className?: string; children: ReactNode }) {
  return useDrill() === null ? (
    <Link href={href} className={className}>
      {children}
    </Link>
  ) : (
    <span className={className?.replace("hover:underline", "")}>{children}</span>
  );
}
