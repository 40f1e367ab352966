"use client";

import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";

/** Ends a key, a token or a source once a person has read what that means. */
export function RevokeButton({
  name,
  title = `Revoke “${name}”?`,
  consequence,
  onRevoke,
  queryKey,
}: {
  name: string;
  title?: string;
  /** What no longer works from then on. */
  consequence: string;
  onRevoke: () => Promise<unknown>;
  /** What is read anew afterwards. */
  queryKey: QueryKey;
}) {
  const [asking, setAsking] = useState(false);
  const client = useQueryClient();
  return (
    <>
      <Button size="sm" look="danger" onClick={() => setAsking(true)} aria-label={`Revoke ${name}`}>
        Revoke
      </Button>
      <ConfirmDialog
        open={asking}
        onClose={() => setAsking(false)}
        title={title}
        consequence={consequence}
        verb="Revoke"
        run={onRevoke}
        done={() => `${name}: revoked.`}
        onSettled={() => client.invalidateQueries({ queryKey })}
      />
    </>
  );
}
