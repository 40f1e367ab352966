import type { AlertSeverity, ServiceState } from "@/lib/core/base/vocabulary";
import { Badge, type Tone } from "@/components/ui/badge";
import { ALERT, SERVICE } from "./states";

export const ServiceBadge = ({ state }: { state: ServiceState }) => {
  const { tone, icon, means, label } = SERVICE[state];
  return (
    <Badge
      tone={tone}
      icon={icon}
      title={means}
      className={state === "unknown" ? "border border-dashed border-mute-solid" : undefined}
    >
      {label}
    </Badge>
  );
};

export const AlertBadge = ({ severity }: { severity: AlertSeverity }) => (
  <Badge tone={ALERT[severity].tone}>{ALERT[severity].label}</Badge>
);

/** The stripe at an entry's edge. What is unknown is hatched: it looks like nothing that is known. */
export const STRIPE: Record<ServiceState, string> = {
  down: "bg-hold-solid",
  degraded: "bg-warn-solid",
  unknown: "bg-[repeating-linear-gradient(135deg,var(--mute-solid)_0_2px,transparent_2px_5px)]",
  healthy: "bg-ok-solid",
};

/** Ink of a value, by how its signal stands. */
export const VALUE: Record<Tone, string> = {
  ok: "text-ink",
  info: "text-ink",
  mute: "text-mute",
  heal: "text-ink",
  proof: "text-ink",
  accent: "text-ink",
  warn: "text-warn",
  hold: "text-hold",
  spent: "text-ink",
};
