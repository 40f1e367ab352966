"use client";

import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { AlertDialog, Choice } from "@/components/ui/dialog";
import { toast } from "@/components/ui/toast";

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
  const revoke = useMutation({
    mutationFn: onRevoke,
    onSuccess: () => {
      toast.success(`${name}: revoked.`);
      setAsking(false);
    },
    onSettled: () => client.invalidateQueries({ queryKey }),
  });
  return (
    <>
      <Button size="sm" look="danger" onClick={() => setAsking(true)} aria-label={`Revoke ${name}`}>
        Revoke
      </Button>
      <AlertDialog
        open={asking}
        onOpenChange={setAsking}
        title={title}
        description={consequence}
        footer={
          <Choice
            onCancel={() => setAsking(false)}
            look="danger"
            busy={revoke.isPending}
            onClick={() => revoke.mutate()}
          >
            Revoke
          </Choice>
        }
      />
    </>
  );
}
