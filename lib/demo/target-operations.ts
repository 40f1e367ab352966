import { programArgs } from "@/lib/programs.mjs";

/** What Sentinel may do to the target: an allow-list as anybody would write it for their own service, with absolute paths. */
export function targetOperations(controlUrl: string, tokenFile: string): { operations: object[] } {
  const command = (name: string) => [process.execPath, ...programArgs("lib/demo/target-control.ts"), name, "--control-url", controlUrl, "--token-file", tokenFile]; // prettier-ignore
  const shared = {
    kind: "command",
    services: ["target"],
    risk: "reversible",
    dry_run: command("status"),
    cwd: process.cwd(),
    timeout_ms: TIMEOUT_MS,
    destroys_evidence: true,
  };
  return {
    operations: [
      {
        ...shared,
        name: "restart-target",
        title: "Restart the target",
        argv: command("restart"),
        remedies: ["crash", "memory_leak", "silent", "resource_exhaustion", "slow", "failing", "overload"],
        blast_radius: "In-flight requests to {service} fail, and its in-memory state is lost",
      },
      {
        ...shared,
        name: "roll-back-target",
        title: "Roll back to the previous release",
        argv: command("rollback"),
        remedies: ["deploy_regression", "config_regression"],
        blast_radius: "{service} runs its previous version and configuration; the last deploy is undone",
      },
    ],
  };
}

/** A start takes seconds; on a machine that is busy with a fault, more. */
const TIMEOUT_MS = 90_000;
