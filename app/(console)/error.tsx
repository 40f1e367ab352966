"use client";

import { CircleAlert } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Empty } from "@/components/ui/feedback";

/** A screen that failed: the rest of the console goes on. */
export default function ScreenError({ error, retry }: { error: Error & { digest?: string }; retry: () => void }) {
  return (
    <Empty
      icon={CircleAlert}
      title="This screen could not be loaded"
      action={
        <Button look="primary" onClick={retry}>
          Try again
        </Button>
      }
    >
      Monitoring and containment are not affected.
      {error.digest ? <p className="mt-1 font-mono text-xs">{error.digest}</p> : null}
    </Empty>
  );
}
