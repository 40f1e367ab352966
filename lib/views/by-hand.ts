import { READY_MADE, type ReadyMadeName } from "@/lib/actions/service/ready-made";
import type { InvestigationReport } from "@/lib/contracts/investigations";
import type { CauseView, ServiceStory } from "@/lib/contracts/services";
import { CAUSE_KINDS } from "@/lib/core/base/vocabulary";
import { isName } from "@/lib/core/services/allow-list";
import { CHANGES_OF, manualStep, regressionBy } from "@/lib/core/services/manual-step";
import type { ChangeView } from "@/lib/contracts/changes";

type Incident = Pick<ServiceStory["incident"], "state" | "opened_at">;

/** What an investigation proposed, and what else was offered; null: none came to its end. */
type Remedy = Pick<InvestigationReport["remedy"], "proposal" | "considered">;

/** What operations need to be told besides the service. */
const PARAMS: Partial<Record<ReadyMadeName, object>> = {
  kubectl_scale: { replicas: { type: "int", min: 1, max: 10, default: 3 } },
};

/**
 * What is left to a person where an investigation found a cause and the allow-list has no operation for it: the step in words, and entries that
 * would let Sentinel propose one the next time. Null where the cause says too little, or the incident does not wait for a person to act.
 */
export function byHandOf(
  incident: Incident,
  first: CauseView | undefined,
  changes: readonly ChangeView[],
  remedy: Remedy | null,
): ServiceStory["by_hand"] {
  const kind = CAUSE_KINDS.find((one) => one === first?.kind);
  // What was offered and not proposed suits the cause, and its reason stands elsewhere.
  if (remedy === null || remedy.proposal !== null || remedy.considered.length > 0) return null;
  if (incident.state !== "escalated" || !first?.node || kind === undefined) return null;
  const { node } = first;
  const change = lastOf(changes, node, CHANGES_OF[kind] ?? [], incident.opened_at);
  const step = manualStep(node, kind, change);
  if (step === null) return null;
  return {
    step,
    confidence: first.confidence,
    entries: entriesFor(node, change === null ? kind : regressionBy(change)),
  };
}

const lastOf = (changes: readonly ChangeView[], node: string, kinds: readonly string[], before: number) =>
  changes
    .filter(({ subject_id: id, kind, at }) => id === node && kinds.includes(kind) && at <= before)
    .toSorted((a, b) => b.at - a.at)[0] ?? null;

const entriesFor = (service: string, kind: (typeof CAUSE_KINDS)[number]) =>
  isName(service)
    ? (Object.keys(READY_MADE) as ReadyMadeName[])
        .filter((name) => (READY_MADE[name].remedies as readonly string[]).includes(kind))
        .map((name) => {
          const params = PARAMS[name];
          const entry = { name: name.replaceAll("_", "-"), use: name, services: [service], ...(params && { params }) };
          return { title: READY_MADE[name].title, entry };
        })
    : [];
