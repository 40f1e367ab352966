"use client";

import { SearchX } from "lucide-react";
import Link from "next/link";
import { ApiError } from "@/components/api";
import { buttonStyle } from "@/components/ui/button";
import { Empty, LoadError, Skeleton } from "@/components/ui/feedback";

/** What stands in place of the page of one thing that is not there, could not be read, or is still being read. */
export function NotLoaded({
  what,
  all,
  missing,
  error,
  onRetry,
}: {
  what: string;
  /** Where all of its kind are. */
  all: string;
  /** What it means that there is none of this name. */
  missing: string;
  error: Error | null;
  onRetry: () => void;
}) {
  if (error instanceof ApiError && error.status === 404)
    return (
      <Empty
        icon={SearchX}
        heading="h1"
        title={`No such ${what}`}
        action={
          <Link href={all} className={buttonStyle()}>
            All {what}s
          </Link>
        }
      >
        {missing}
      </Empty>
    );
  const name = <h1 className="sr-only">{what.charAt(0).toUpperCase() + what.slice(1)}</h1>;
  if (error)
    return (
      <>
        {name}
        <LoadError what={`the ${what}`} error={error} onRetry={onRetry} />
      </>
    );
  return (
    <div className="space-y-4">
      {name}
      <Skeleton className="h-8 w-72" />
      <Skeleton className="h-80 rounded-[0.625rem]" />
    </div>
  );
}
