"use client";

import { useQuery } from "@tanstack/react-query";
import { OctagonPause } from "lucide-react";
import { useSession } from "@/components/access/session";
import { overviewQuery } from "@/components/overview/queries";
import { Button } from "@/components/ui/button";
import { Tooltip } from "@/components/ui/tooltip";
import { Ago } from "@/components/ui/time";

/** While the global stop is on, no screen lets one forget it. */
export function StopBanner({ onResume }: { onResume: () => void }) {
  const { administers } = useSession();
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
      {administers ? (
        <Button size="sm" className="ml-auto" onClick={onResume}>
          Resume automatic actions
        </Button>
      ) : null}
    </div>
  );
}

/** For admins, on every screen, until it is on. */
export function StopButton({ onStop }: { onStop: () => void }) {
  const { administers } = useSession();
  const { data } = useQuery(overviewQuery);
  if (!administers || data === undefined || data.global_stop.on) return null;
  return (
    <Tooltip content="Stop all automatic actions">
      <Button size="icon" look="quiet" aria-label="Stop all automatic actions" onClick={onStop}>
        <OctagonPause aria-hidden />
      </Button>
    </Tooltip>
  );
}
