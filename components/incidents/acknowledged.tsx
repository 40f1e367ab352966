import type { IncidentSummary } from "@/lib/contracts/incidents";
import { Ago } from "@/components/ui/time";

/** Who works on an incident, as far as somebody said so. */
export const Acknowledged = ({
  incident: { acknowledged_at: at, acknowledged_by: by },
}: {
  incident: IncidentSummary;
}) =>
  at === null || by === null ? null : (
    <span className="num text-xs text-ink-3">
      acknowledged by {by} <Ago at={at} />
    </span>
  );
