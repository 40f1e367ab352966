"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { AgentTypePatch } from "@/lib/contracts/agent-types";
import type { FleetSettingsPatch } from "@/lib/contracts/overview";
import { PATHS } from "@/lib/contracts/paths";
import { call } from "@/components/api";
import { toast } from "@/components/ui/toast";

/** Changes the fleet's settings; says so, and reads again what depends on them. */
export function useSaveSettings(onDone?: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (patch: FleetSettingsPatch) => call("PATCH", PATHS.SETTINGS, { body: patch }),
    onSuccess: () => {
      toast.success("Saved. It takes effect with the next sweep.");
      onDone?.();
    },
    onSettled: () =>
      Promise.all(["settings", "overview"].map((root) => client.invalidateQueries({ queryKey: [root] }))),
  });
}

export function useSaveType(type: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (patch: AgentTypePatch) => call("PATCH", PATHS.AGENT_TYPE, { params: { type }, body: patch }),
    onSuccess: () => toast.success(`${type}: saved.`),
    onSettled: () =>
      Promise.all(["agent-types", "agents", "agent"].map((root) => client.invalidateQueries({ queryKey: [root] }))),
  });
}
