"use client";

import { useMutation } from "@tanstack/react-query";
import type { AgentTypePatch } from "@/lib/contracts/agent-types";
import type { FleetSettingsPatch } from "@/lib/contracts/overview";
import { PATHS } from "@/lib/contracts/paths";
import { call } from "@/components/api";
import { useRefreshAfter } from "@/components/live/refresh-after";
import { toast } from "@/components/ui/toast";

/** Changes the fleet's settings; says so, and reads again what depends on them. */
export function useSaveSettings(onDone?: () => void) {
  return useMutation({
    mutationFn: (patch: FleetSettingsPatch) => call("PATCH", PATHS.SETTINGS, { body: patch }),
    onSuccess: () => {
      toast.success("Saved. It takes effect within seconds.");
      onDone?.();
    },
    onSettled: useRefreshAfter("settings.changed"),
  });
}

export function useSaveType(type: string) {
  return useMutation({
    mutationFn: (patch: AgentTypePatch) => call("PATCH", PATHS.AGENT_TYPE, { params: { type }, body: patch }),
    onSuccess: () => toast.success(`${type}: saved.`),
    onSettled: useRefreshAfter("type.changed"),
  });
}
