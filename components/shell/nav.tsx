"use client";

import { useQuery } from "@tanstack/react-query";
import { Ellipsis } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { useState } from "react";
import { overviewQuery } from "@/components/overview/queries";
import { cn } from "@/components/ui/cn";
import { Dialog } from "@/components/ui/dialog";
import { isAt, type Place } from "./places";
import { usePlaces } from "./use-places";

/** How many of the places a phone's bar shows; the rest is behind "More". */
const BAR_LENGTH = 4;

/** What waits at a place: approvals and used-up budgets to decide, incidents that are active. */
function useCounts(): Record<string, { count: number; says: string } | undefined> {
  const { data } = useQuery(overviewQuery);
  if (!data) return {};
  const waiting = data.approvals.pending + data.approvals.budgets;
  return {
    "/approvals": waiting > 0 ? { count: waiting, says: "waiting" } : undefined,
    "/incidents": data.incidents.active > 0 ? { count: data.incidents.active, says: "active" } : undefined,
  };
}

export function SideNav() {
  const pathname = usePathname();
  const counts = useCounts();
  const places = usePlaces();
  return (
    <nav aria-label="Main" className="flex flex-col gap-0.5 px-2">
      {places.map((place) => {
        const here = isAt(pathname, place.href);
        const waiting = counts[place.href];
        return (
          <Link
            key={place.href}
            href={place.href}
            aria-current={here ? "page" : undefined}
            className={cn(
              "flex h-8 items-center gap-2.5 rounded-md px-2 text-sm transition-colors",
              here ? "bg-hover font-medium text-ink" : "text-ink-2 hover:bg-hover hover:text-ink",
            )}
          >
            <place.icon className={cn("size-4 shrink-0", here ? "text-accent" : "text-ink-3")} aria-hidden />
            <span className="truncate">{place.label}</span>
            {waiting ? (
              <span
                className={cn(
                  "num ml-auto rounded px-1.5 text-2xs font-medium",
                  place.href === "/approvals" ? "bg-accent text-accent-ink" : "bg-mute-tint text-mute",
                )}
              >
                {waiting.count}
                <span className="sr-only"> {waiting.says}</span>
              </span>
            ) : null}
          </Link>
        );
      })}
    </nav>
  );
}

/** The bar at a phone's lower edge. */
export function BottomNav() {
  const pathname = usePathname();
  const counts = useCounts();
  const [open, setOpen] = useState(false);
  const places = usePlaces();
  const shown = places.slice(0, BAR_LENGTH);
  const rest = places.slice(BAR_LENGTH);
  return (
    <nav
      aria-label="Main"
      className="fixed inset-x-0 bottom-0 z-30 grid grid-cols-5 border-t bg-surface pb-[env(safe-area-inset-bottom)] lg:hidden"
    >
      {shown.map((place) => (
        <BarLink key={place.href} place={place} here={isAt(pathname, place.href)} waiting={counts[place.href]} />
      ))}
      <button
        type="button"
        onClick={() => setOpen(true)}
        className={cn(bar, rest.some(({ href }) => isAt(pathname, href)) && "text-accent")}
      >
        <Ellipsis className="size-5" aria-hidden />
        More
      </button>
      <Dialog open={open} onOpenChange={setOpen} title="More">
        <ul className="-m-2">
          {rest.map((place) => (
            <li key={place.href}>
              <Link
                href={place.href}
                onClick={() => setOpen(false)}
                className="flex h-12 items-center gap-3 rounded-md px-2 text-base hover:bg-hover"
              >
                <place.icon className="size-5 text-ink-3" aria-hidden />
                {place.label}
              </Link>
            </li>
          ))}
        </ul>
      </Dialog>
    </nav>
  );
}

const bar =
  "relative flex h-14 flex-col items-center justify-center gap-0.5 text-2xs font-medium text-ink-2 -outline-offset-2";

function BarLink({ place, here, waiting }: { place: Place; here: boolean; waiting?: { count: number; says: string } }) {
  return (
    <Link href={place.href} aria-current={here ? "page" : undefined} className={cn(bar, here && "text-accent")}>
      <place.icon className="size-5" aria-hidden />
      {place.label}
      {waiting ? (
        <span className="num absolute top-1.5 left-1/2 ml-1.5 rounded-full bg-accent px-1.5 text-2xs leading-4 text-accent-ink">
          {waiting.count}
          <span className="sr-only"> {waiting.says}</span>
        </span>
      ) : null}
    </Link>
  );
}
