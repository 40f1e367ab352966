import {
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CircleHelp,
  CircleX,
  type LucideIcon,
  OctagonAlert,
  TrendingUpDown,
} from "lucide-react";
import type { ServiceSummary } from "@/lib/contracts/services";
import type { AlertSeverity, AlertSourceKind, ServiceState, SignalState } from "@/lib/core/base/vocabulary";
import { name } from "@/components/status/words";
import type { Tone } from "@/components/ui/badge";

interface Look {
  label: string;
  tone: Tone;
  icon: LucideIcon;
  means: string;
}

/** The worst first. What is unknown is never among what is well. */
export const WORST_FIRST: readonly ServiceState[] = ["down", "degraded", "unknown", "healthy"];

export const SERVICE: Record<ServiceState, Look> = {
  down: { label: "Down", tone: "hold", icon: CircleX, means: "The service cannot be reached." },
  degraded: {
    label: "Degraded",
    tone: "warn",
    icon: CircleAlert,
    means: "A signal is outside its usual range, or an alert is firing.",
  },
  unknown: { label: "Unknown", tone: "mute", icon: CircleHelp, means: "No data. The service may be unhealthy." },
  healthy: { label: "Healthy", tone: "ok", icon: CircleCheck, means: "Measured, within its limits and usual range." },
};

export const SIGNAL: Record<SignalState, Look> = {
  over_limit: { label: "Beyond limit", tone: "hold", icon: OctagonAlert, means: "A fixed limit is crossed." },
  out_of_band: {
    label: "Unusual",
    tone: "warn",
    icon: TrendingUpDown,
    means: "Unusual for this service at this hour.",
  },
  unknown: { label: "No data", tone: "mute", icon: CircleHelp, means: "No data. This does not mean zero." },
  learning: {
    label: "Learning",
    tone: "info",
    icon: CircleDashed,
    means: "Not enough data for a baseline yet; fixed limits already apply.",
  },
  in_band: { label: "Normal", tone: "ok", icon: CircleCheck, means: "Within the usual range of this service." },
};

export const ALERT: Record<AlertSeverity, Pick<Look, "label" | "tone">> = {
  critical: { label: "Critical", tone: "hold" },
  warning: { label: "Warning", tone: "warn" },
  info: { label: "Info", tone: "info" },
};

/** Who sends alerts, as people call it. */
const SENDERS: Record<AlertSourceKind | "recording", string> = {
  alertmanager: "Alertmanager",
  grafana: "Grafana",
  datadog: "Datadog",
  generic: "Webhook",
  pagerduty: "PagerDuty",
  github: "GitHub",
  sentinel: "Sentinel",
  recording: "Recording",
};
export const sourceWord = (kind: string): string => name(SENDERS, kind);

/** Why the health of a service is unknown. */
export function unknownHealth({
  watched,
  measured_by,
  signals,
}: Pick<ServiceSummary, "watched" | "measured_by" | "signals">) {
  if (!watched && signals.length === 0)
    return "This service has no metrics: only alerts can show that something is wrong.";
  return `No ${measured_by === "traces" ? "spans" : "metrics"} are arriving from this service. It may be unhealthy.`;
}

const SOURCES: Record<string, string> = {
  alert: "alerts",
  traces: "traces",
  seed: "a file",
  prometheus: "metrics",
  scenario: "a recorded incident",
};

/** Where a service was first named, in a sentence. */
export const knownFrom = (source: string): string => SOURCES[source] ?? source;
