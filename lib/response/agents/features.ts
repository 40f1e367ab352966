import type { EpisodeFeatures } from "@/lib/db/schema";
import type { AnomalyRow } from "@/lib/db/queries/incidents";

/** What an incident of agents is found by again, in the terms of those of services: what was abnormal stands for alerts. */
export function agentFeatures(of: {
  agents: readonly string[];
  primary: string;
  anomalies: readonly Pick<AnomalyRow, "type" | "verdict">[];
  causeKey: string | null;
}): EpisodeFeatures {
  const types = new Set(of.anomalies.filter(({ verdict }) => verdict !== "watch").map(({ type }) => type));
  const changed = [...types].find((type) => type in CHANGE_OF);
  return {
    service: of.primary,
    services: [...of.agents],
    alerts: [...types].map((type) => type.replaceAll("_", " ")),
    templates: [],
    // What a shared cause is keyed by: `provider:acme`.
    dependency: of.causeKey,
    changeKind: changed === undefined ? null : CHANGE_OF[changed as keyof typeof CHANGE_OF],
  };
}

const CHANGE_OF = {
  prompt_change: "prompt",
  model_change: "model",
  tools_change: "tools",
  config_change: "config",
} as const;
