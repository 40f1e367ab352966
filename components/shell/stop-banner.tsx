"use client";

import { useQuery } from "@tanstack/react-query";
import { OctagonPause } from "lucide-react";
import Link from "next/link";
import { overviewQuery } from "@/components/overview/queries";
import { Ago } from "@/components/ui/time";

/** While the global stop is on, no screen lets one forget it. */
export function StopBanner() {
  const { data } = useQuery(overviewQuery);
  if (!data?.global_stop.on) return null;
  const { by, at } = data.global_stop;
  return (
    <div
      role="status"
      className="flex flex-wrap items-center gap-x-2 gap-y-1 bg-hold-tint px-4 py-2 text-sm text-hold lg:px-6"
    >
      <OctagonPause className="size-4 shrink-0" aria-hidden />
      <strong className="font-semibold">Global stop is on.</strong>
      <span>
        Sentinel monitors and records, but contains and heals nothing automatically
        {at === null ? (
          ""
        ) : (
          <>
            , since <Ago at={at} />
          </>
        )}
        {by === null ? "." : ` (${by}).`}
      </span>
      <Link href="/settings?tab=limits" className="ml-auto font-medium underline underline-offset-2">
        Settings
      </Link>
    </div>
  );
}
