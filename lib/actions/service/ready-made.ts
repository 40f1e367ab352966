import type { Risk, CauseKind } from "@/lib/core/base/vocabulary";

/** An entry that comes with it. An item that is a list stands there only if the settings in it are given. */
export interface ReadyMade {
  title: string;
  argv: readonly (string | readonly string[])[];
  dryRun?: readonly (string | readonly string[])[];
  /** What `with` may say, and what it is otherwise; null: nothing. */
  settings: Readonly<Record<string, string | null>>;
  risk: Risk;
  /** It takes itself back: run again it returns to where it came from. */
  undoneByItself?: boolean;
  remedies: readonly CauseKind[];
  blastRadius: string;
  destroysEvidence: boolean;
  timeoutMs?: number;
}

const COMPOSE = { target: "{service}", file: null, project: null };
const IN_COMPOSE = [
  ["--file", "{file}"],
  ["--project-name", "{project}"],
] as const;
const CONTAINER = { target: "{service}" };
const WORKLOAD = { target: "deployment/{service}", namespace: null, context: null };
const IN_CLUSTER = [
  ["--context", "{context}"],
  ["--namespace", "{namespace}"],
] as const;

/** What starting anew helps with: state that has gone bad in the process itself. */
const RESTART: readonly CauseKind[] = [
  "crash",
  "memory_leak",
  "silent",
  "resource_exhaustion",
  "slow",
  "failing",
  "overload",
];
const CUT = "In-flight requests to {service} fail, and its in-memory state is lost";

/**
 * Operations on the usual platforms, expanded to ordinary command entries. These programs exit with 0 when the order was
 * taken; the metrics say what became of it. Where a program has no dry run, what it says of the state stands for one.
 */
export const READY_MADE = {
  docker_compose_restart: {
    title: "Restart (docker compose)",
    argv: ["docker", "compose", ...IN_COMPOSE, "restart", "{target}"],
    dryRun: ["docker", "compose", "--dry-run", ...IN_COMPOSE, "restart", "{target}"],
    settings: COMPOSE,
    risk: "reversible",
    remedies: RESTART,
    blastRadius: CUT,
    destroysEvidence: true,
  },
  docker_compose_stop: {
    title: "Stop (docker compose)",
    argv: ["docker", "compose", ...IN_COMPOSE, "stop", "{target}"],
    dryRun: ["docker", "compose", "--dry-run", ...IN_COMPOSE, "stop", "{target}"],
    settings: COMPOSE,
    risk: "hard_to_undo",
    remedies: ["overload"],
    blastRadius: "{service} is down until somebody starts it again, and its callers fail",
    destroysEvidence: true,
  },
  docker_compose_up: {
    title: "Start as configured (docker compose up)",
    argv: ["docker", "compose", ...IN_COMPOSE, "up", "--detach", "--no-build", "{target}"],
    dryRun: ["docker", "compose", "--dry-run", ...IN_COMPOSE, "up", "--detach", "--no-build", "{target}"],
    settings: COMPOSE,
    risk: "hard_to_undo",
    remedies: ["crash", "silent"],
    blastRadius:
      "{service} and what it depends on are started; containers whose configuration has changed are replaced",
    destroysEvidence: true,
    timeoutMs: 180_000,
  },
  docker_restart: {
    title: "Restart (docker)",
    argv: ["docker", "restart", "{target}"],
    dryRun: ["docker", "inspect", "--format", "{{.Name}} {{.State.Status}}", "{target}"],
    settings: CONTAINER,
    risk: "reversible",
    remedies: RESTART,
    blastRadius: CUT,
    destroysEvidence: true,
  },
  docker_stop: {
    title: "Stop (docker)",
    argv: ["docker", "stop", "{target}"],
    dryRun: ["docker", "inspect", "--format", "{{.Name}} {{.State.Status}}", "{target}"],
    settings: CONTAINER,
    risk: "hard_to_undo",
    remedies: ["overload"],
    blastRadius: "{service} is down until somebody starts it again, and its callers fail",
    destroysEvidence: true,
  },
  kubectl_rollout_restart: {
    title: "Rolling restart (Kubernetes)",
    argv: ["kubectl", ...IN_CLUSTER, "rollout", "restart", "{target}"],
    // A restart has no dry run: how the rollout stands says whether it is there and may be looked at.
    dryRun: ["kubectl", ...IN_CLUSTER, "rollout", "status", "--watch=false", "{target}"],
    settings: WORKLOAD,
    risk: "reversible",
    remedies: RESTART,
    blastRadius: "The pods of {service} are replaced one after another; their in-memory state is lost",
    destroysEvidence: true,
  },
  kubectl_rollout_undo: {
    title: "Roll back to the previous revision (Kubernetes)",
    argv: ["kubectl", ...IN_CLUSTER, "rollout", "undo", "{target}"],
    dryRun: ["kubectl", ...IN_CLUSTER, "rollout", "undo", "--dry-run=server", "{target}"],
    settings: WORKLOAD,
    risk: "reversible",
    undoneByItself: true,
    remedies: ["deploy_regression", "config_regression"],
    blastRadius: "{service} returns to its previous revision: everything in the last rollout is undone",
    destroysEvidence: true,
  },
  kubectl_scale: {
    title: "Scale (Kubernetes)",
    argv: ["kubectl", ...IN_CLUSTER, "scale", "--replicas={replicas}", "{target}"],
    dryRun: ["kubectl", ...IN_CLUSTER, "scale", "--dry-run=server", "--replicas={replicas}", "{target}"],
    settings: WORKLOAD,
    // How many there were before is not known here, so that it cannot be taken back by itself.
    risk: "hard_to_undo",
    remedies: ["overload", "resource_exhaustion", "slow"],
    blastRadius: "{service} runs with {replicas} replicas; the load on its dependencies changes",
    destroysEvidence: false,
  },
  systemctl_restart: {
    title: "Restart (systemd)",
    argv: ["systemctl", "--no-ask-password", "restart", "{target}"],
    dryRun: ["systemctl", "show", "--property=Id,ActiveState,SubState", "{target}"],
    settings: { target: "{service}.service" },
    risk: "reversible",
    remedies: RESTART,
    blastRadius: CUT,
    destroysEvidence: true,
  },
} as const satisfies Record<string, ReadyMade>;

export type ReadyMadeName = keyof typeof READY_MADE;

/** Its argv with the settings filled in; `{service}` and parameters are left for later. */
export function withSettings(argv: ReadyMade["argv"], settings: Readonly<Record<string, string | null>>): string[] {
  const put = (item: string) =>
    item.replace(/\{(\w+)\}/g, (whole, name: string) =>
      Object.hasOwn(settings, name) && settings[name] !== null ? settings[name]! : whole,
    );
  return argv.flatMap((item) => {
    if (typeof item === "string") return [put(item)];
    const [, name] = /\{(\w+)\}/.exec(item.join(" ")) ?? [];
    return name !== undefined && settings[name] === null ? [] : item.map(put);
  });
}
