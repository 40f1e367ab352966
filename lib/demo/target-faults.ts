import type { TargetSupervisor } from "./target-supervisor";

/** The header that carries the token of the target's supervisor. */
export const TARGET_TOKEN_HEADER = "x-target-token";

export const TARGET_FAULT_KINDS = [
  "target_cpu",
  "target_memory",
  "target_latency",
  "target_crash",
  "target_bad_deploy",
  "target_bad_config",
] as const;
export type TargetFaultKind = (typeof TARGET_FAULT_KINDS)[number];

/** Whether a kind of fault, or the id of one, is of the watched service and not of an agent. */
export const isTargetFault = (word: string): boolean => word.startsWith("target_");

interface Spec {
  title: string;
  description: string;
  /** What the target is asked for, or what is deployed. */
  how: { stress: string } | { deploy: { version?: string; config?: Record<string, number> } };
}

const FAULTS: Record<TargetFaultKind, Spec> = {
  target_cpu: {
    title: "Service: CPU saturation",
    description: "Threads of the service burn CPU for ten minutes.",
    how: { stress: "/stress/cpu?duration=600&threads=3" },
  },
  target_memory: {
    title: "Service: memory leak",
    description: "The service allocates memory and does not release it.",
    how: { stress: "/stress/memory?megabytes=320" },
  },
  target_latency: {
    title: "Service: slow responses",
    description: "Each response takes about three seconds longer.",
    how: { stress: "/stress/latency?min_delay=2.5&max_delay=3.5" },
  },
  target_crash: {
    title: "Service: crash",
    description: "The service exits and stays down.",
    how: { stress: "/stress/crash" },
  },
  target_bad_deploy: {
    title: "Service: bad release",
    description: "A release is deployed that fails for some customers.",
    how: { deploy: { version: "2.0.0" } },
  },
  target_bad_config: {
    title: "Service: bad configuration",
    description: "A setting is rolled out that is too low for normal traffic.",
    how: { deploy: { config: { store_timeout_ms: 25 } } },
  },
};

const WITHIN_MS = 5_000;

interface Active {
  id: string;
  kind: TargetFaultKind;
  target: "target";
  since: number;
  /** Which start of the target it began in. */
  start: number;
}

/** Breaks the watched service by hand. What is active ends with the process (stress) or with the release (a deploy). */
export function createTargetFaults(supervisor: TargetSupervisor) {
  let active: Active[] = [];
  let count = 0;

  /** Without what has ended since, by whatever Sentinel or a person did. */
  function still(): Active[] {
    const { starts, release } = supervisor.status();
    active = active.filter(({ kind, start }) => {
      const { how } = FAULTS[kind];
      if ("stress" in how) return start === starts;
      return (
        (how.deploy.version ?? release.version) === release.version && sameConfig(how.deploy.config, release.config)
      );
    });
    return active;
  }

  return {
    catalog: () => ({
      faults: TARGET_FAULT_KINDS.map((kind) => ({ kind, title: FAULTS[kind].title, description: FAULTS[kind].description, targets: ["target"] })), // prettier-ignore
      active: still().map(({ id, kind, target, since }) => ({ id, kind, target, since })),
    }),
    async start(
      kind: TargetFaultKind,
    ): Promise<{ ok: true; fault: { id: string; kind: string; target: string } } | { ok: false; reason: string }> {
      if (still().some((one) => one.kind === kind))
        return { ok: false, reason: `the target already has the fault ${kind}` };
      const { how } = FAULTS[kind];
      if ("stress" in how) {
        const refused = await stress(supervisor.status().url + how.stress);
        if (refused !== null) return { ok: false, reason: refused };
      } else {
        const deployed = await supervisor.deploy(how.deploy);
        if (!deployed.ok) return deployed;
      }
      const fault: Active = {
        id: `${kind}-${++count}`,
        kind,
        target: "target",
        since: Date.now(),
        start: supervisor.status().starts,
      };
      active.push(fault);
      return { ok: true, fault: { id: fault.id, kind, target: fault.target } };
    },
    /** Mends it as an operator would: by a restart, or by going back. False when there is none of this id. */
    async end(id: string): Promise<boolean> {
      const fault = still().find((one) => one.id === id);
      if (!fault) return false;
      const done = "stress" in FAULTS[fault.kind].how ? await supervisor.restart() : await supervisor.rollback();
      active = active.filter((one) => one.id !== id);
      return done.ok;
    },
  };
}

const sameConfig = (wanted: Record<string, number> | undefined, runs: Record<string, number>) =>
  wanted === undefined || JSON.stringify(wanted) === JSON.stringify(runs);

/** Null when it was taken; otherwise why not. */
async function stress(url: string): Promise<string | null> {
  try {
    const answer = await fetch(url, { method: "POST", signal: AbortSignal.timeout(WITHIN_MS) });
    return answer.ok ? null : `the target answered ${answer.status}: ${await answer.text()}`;
  } catch {
    return "the target does not answer";
  }
}
