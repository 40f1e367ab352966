import type { CauseKind } from "../base/vocabulary";

/** From here on a cause is at least as likely as not, and an incident is called by it. */
const NAMED_FROM = 0.5;

const CALLED: Record<CauseKind, (node: string) => string> = {
  deploy_regression: (node) => `New version of ${node}`,
  config_regression: (node) => `Configuration of ${node}`,
  dependency_failure: (node) => `Dependency failure at ${node}`,
  resource_exhaustion: (node) => `Resource exhausted at ${node}`,
  memory_leak: (node) => `Memory growth of ${node}`,
  overload: (node) => `Overload of ${node}`,
  crash: (node) => `Crashes of ${node}`,
  slow: (node) => `${node} is slow`,
  failing: (node) => `${node} is failing`,
  silent: (node) => `${node} does not respond`,
};

interface Diagnosed {
  title: string;
  causeNode: string | null;
  causeKind: CauseKind | "no_fault" | "unknown" | null;
  /** 0 to 1. */
  confidence: number | null;
}

/**
 * What an incident is called now. Its stored title stays what raised it, which is what a later investigation reads. Once a cause is at
 * least as likely as not, that comes first: "New version of checkout: p90 latency above 2 s".
 */
export function incidentTitle({ title, causeNode, causeKind, confidence }: Diagnosed): string {
  if (causeNode === null || causeKind === null || causeKind === "no_fault" || causeKind === "unknown") return title;
  if ((confidence ?? 0) < NAMED_FROM) return title;
  const own = `${causeNode}: `;
  return `${CALLED[causeKind](causeNode)}: ${title.startsWith(own) ? title.slice(own.length) : title}`;
}
