import type { AllowList } from "@/lib/actions/service/allow-list";
import type { Entry } from "@/lib/actions/service/entry";
import type { CauseKind } from "@/lib/core/base/vocabulary";

const operation = (
  name: string,
  title: string,
  remedies: CauseKind[],
  blastRadius: string,
  services: string[] = ["*"],
): Entry => ({
  name,
  title,
  services,
  remedies,
  risk: "reversible",
  reversible: true,
  undo: null,
  blastRadius: `${blastRadius} (in the recording: this is a drill)`,
  destroysEvidence: false,
  params: {},
  spec: { kind: "replay", shown: ["drill", name, "{service}"] },
});

const OPERATIONS: readonly Entry[] = [
  operation(
    "roll-back",
    "Roll back the last deploy",
    ["deploy_regression"],
    "{service} runs the version before its last deploy",
  ),
  operation(
    "restore-config",
    "Revert the last configuration change",
    ["config_regression"],
    "{service} runs with the configuration before its last change",
  ),
  operation(
    "close-idle-connections",
    "Close idle connections",
    ["resource_exhaustion"],
    "Clients holding idle connections to {service} have to reconnect",
    ["*-db"],
  ),
  operation(
    "switch-to-standby",
    "Switch to the standby",
    ["dependency_failure"],
    "Callers of {service} use its standby instead",
  ),
  operation(
    "restart",
    "Restart",
    ["memory_leak", "crash", "silent", "resource_exhaustion", "slow", "failing", "overload"],
    "In-flight requests to {service} fail",
  ),
];

/** What may be done in a drill: operations that exist in its recording and nowhere else. Whatever the real allow-list says is not on it. */
export const DRILL_OPERATIONS: AllowList = { entries: new Map(OPERATIONS.map((entry) => [entry.name, entry])) };
