import type { ChangeBody } from "@/lib/contracts/changes";
import type { Release } from "./target-supervisor";

const WITHIN_MS = 5_000;

/** Tells Sentinel of a deploy of the target, as a deployment pipeline does. Throws when Sentinel does not take it. */
export async function announceDeploy(url: string, key: string, from: Release, to: Release, at: number): Promise<void> {
  const versions = from.version !== to.version;
  const body: ChangeBody = {
    subject_kind: "service",
    subject_id: "target",
    kind: versions ? "deploy" : "config",
    at,
    from: versions ? from.version : shown(from),
    to: versions ? to.version : shown(to),
    note: versions ? `Release ${to.version}` : `Configuration: ${shown(to)}`,
  };
  const answer = await fetch(`${url}/api/v1/changes`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(WITHIN_MS),
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`the deploy could not be declared: Sentinel answered ${answer.status}`);
}

/** `store_timeout_ms=12`; "defaults" where nothing is set. */
const shown = ({ config }: Release) =>
  Object.entries(config).map(([name, value]) => `${name}=${value}`).join(" ") || "defaults"; // prettier-ignore
