"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { PATHS } from "@/lib/contracts/paths";
import { useSession } from "@/components/access/session";
import { call } from "@/components/api";
import { Button } from "@/components/ui/button";
import { toast } from "@/components/ui/toast";

/** Deletes a drill at once: nothing in it is worth a question. For those who may decide. */
export function DeleteDrill({ id, title, onDeleted }: { id: string; title: string; onDeleted?: () => void }) {
  const { decides } = useSession();
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => call("DELETE", PATHS.DRILL, { params: { id } }),
    onSuccess: () => {
      toast.success(`${title}: drill deleted, with all its data.`);
      onDeleted?.();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["drills"] }),
  });
  if (!decides) return null;
  return (
    <Button size="sm" busy={remove.isPending} onClick={() => remove.mutate()} aria-label={`Delete drill: ${title}`}>
      <Trash2 aria-hidden /> Delete
    </Button>
  );
}

/** The same for all of them. */
export function DeleteAllDrills() {
  const { decides } = useSession();
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => call("DELETE", PATHS.DRILLS),
    onSuccess: ({ deleted }) => toast.success(`${deleted} ${deleted === 1 ? "drill" : "drills"} deleted.`),
    onSettled: () => client.invalidateQueries({ queryKey: ["drills"] }),
  });
  if (!decides) return null;
  return (
    <Button busy={remove.isPending} onClick={() => remove.mutate()}>
      <Trash2 aria-hidden /> Delete all
    </Button>
  );
}
