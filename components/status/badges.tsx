import type { AgentCard } from "@/lib/contracts/agents";
import type { ApprovalState, IncidentState, Mode, Outcome, Risk } from "@/lib/core/base/vocabulary";
import { SERVICE } from "@/components/services/states";
import { Badge } from "@/components/ui/badge";
import { cn } from "@/components/ui/cn";
import {
  AGENT,
  agentLook,
  APPROVAL,
  BLIND,
  DOWNGRADE,
  INCIDENT,
  MODES,
  NOT_HELD,
  OBSERVED,
  OUTCOMES,
  PAUSED,
  RISKS,
  SILENT,
  STUCK,
} from "./states";
import { MODE, MODE_MEANS, name, OUTCOME, RISK } from "./words";

type Standing = Pick<
  AgentCard,
  "state" | "containment" | "enforcement" | "liveness" | "paused" | "blind_spots" | "downgrade"
>;

/** The state, and what stands beside it: observed only, paused, silent, stuck, not judged. */
export function AgentBadges({ agent }: { agent: Standing }) {
  const looks = [agentLook(agent)];
  if (agent.enforcement === false && looks[0] !== NOT_HELD) looks.push(OBSERVED);
  if (agent.paused) looks.push(PAUSED);
  if (agent.liveness === "silent") looks.push(SILENT);
  if (agent.liveness === "stuck") looks.push(STUCK);
  if (agent.downgrade) looks.push(DOWNGRADE);
  const [blind] = agent.blind_spots;
  if (blind !== undefined) looks.push(BLIND[blind]);
  return looks.map((look) => (
    <Badge key={look.label} tone={look.tone} icon={look.icon} title={look.means}>
      {look.label}
    </Badge>
  ));
}

/** A state that is known by name only, as in lists that name an agent beside something else. */
export function StateBadge({ state }: { state: string }) {
  const look = Object.hasOwn(AGENT, state)
    ? AGENT[state as keyof typeof AGENT]
    : Object.hasOwn(SERVICE, state)
      ? SERVICE[state as keyof typeof SERVICE]
      : null;
  return look ? (
    <Badge tone={look.tone} icon={look.icon} title={look.means}>
      {look.label}
    </Badge>
  ) : (
    <Badge>{state}</Badge>
  );
}

export function IncidentBadge({ state }: { state: string }) {
  const look = Object.hasOwn(INCIDENT, state) ? INCIDENT[state as IncidentState] : null;
  return look ? (
    <Badge tone={look.tone} icon={look.icon} title={look.means}>
      {look.label}
    </Badge>
  ) : (
    <Badge>{state}</Badge>
  );
}

export const OutcomeBadge = ({ outcome }: { outcome: Outcome }) => (
  <Badge tone={OUTCOMES[outcome].tone} icon={OUTCOMES[outcome].icon}>
    {name(OUTCOME, outcome)}
  </Badge>
);

export const ApprovalBadge = ({ state }: { state: ApprovalState }) => (
  <Badge tone={APPROVAL[state].tone} icon={APPROVAL[state].icon}>
    {APPROVAL[state].label}
  </Badge>
);

export const ModeBadge = ({ mode }: { mode: Mode }) => (
  <Badge tone={MODES[mode].tone} icon={MODES[mode].icon} title={MODE_MEANS[mode]}>
    {MODE[mode]}
  </Badge>
);

export const RiskBadge = ({ risk }: { risk: Risk }) => <Badge tone={RISKS[risk]}>{RISK[risk]}</Badge>;

const STEPS = 5;
const MAX_SEVERITY = 10;

/** Severity 0 to 10: a number, and as many bars as a fifth of it. */
export function Severity({ value, className }: { value: number; className?: string }) {
  const filled = Math.max(1, Math.ceil((Math.min(value, MAX_SEVERITY) / MAX_SEVERITY) * STEPS));
  const tone = value >= 7 ? "bg-hold-solid" : value >= 4 ? "bg-warn-solid" : "bg-info-solid";
  return (
    <span
      className={cn("inline-flex items-center gap-1.5 text-xs whitespace-nowrap", className)}
      title={`Severity ${value.toFixed(1)} of 10`}
    >
      <span className="flex items-end gap-px" aria-hidden>
        {Array.from({ length: STEPS }, (_, step) => (
          <span
            key={step}
            className={cn("w-0.75 rounded-[1px]", step < filled ? tone : "bg-line-strong")}
            style={{ height: `${5 + step * 1.5}px` }}
          />
        ))}
      </span>
      <span className="num font-medium">
        <span className="sr-only">Severity </span>
        {value.toFixed(1)}
      </span>
    </span>
  );
}
