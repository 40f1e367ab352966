import { CASE_FORMAT, CASE_VERSION, type FrozenFile } from "@/lib/contracts/frozen-case";
import { redact } from "@/lib/core/evidence/redact";
import type { Db } from "@/lib/db/client";
import { getIncident } from "@/lib/db/queries/incidents";
import { SentinelError } from "@/lib/errors";
import { freezeAgents } from "./agents/freeze";
import { type FreezeReach, freezeServices } from "./services/freeze";

/**
 * A real incident as a case: its evidence as it was before anything was done, how it went on, secrets and personal data redacted, and its
 * answer to be filled in. Names of services, agents and people's machines stay. Changes nothing. Throws `not_found`, and `conflict`
 * where there is nothing to freeze.
 */
export async function freezeIncident(db: Db, id: string, reach: FreezeReach, now: number): Promise<FrozenFile> {
  const incident = await getIncident(db, id);
  const head = { format: CASE_FORMAT, version: CASE_VERSION, frozen_at: new Date(now).toISOString() } as const;
  switch (incident.kind) {
    case "service":
      return redacted({ ...head, ...(await freezeServices(db, incident, reach, now)) });
    case "agent":
    case "external":
      return redacted({ ...head, ...(await freezeAgents(db, incident, now)) });
    case "budget":
      throw new SentinelError("conflict", { detail: "A budget was used up: there is no evidence to export" });
    case "limit":
      throw new SentinelError("conflict", {
        detail:
          "This incident only records that a containment limit was reached. Export the incidents that led to it instead",
      });
  }
}

/** Every text in it without secrets. A field's name tells what its value is: `"token": "…"` is a secret whatever it looks like. */
function redacted<T>(value: T, name = ""): T {
  if (typeof value === "string") {
    const told = `${name}=`;
    const { text } = redact(`${told}${value}`);
    return (text.startsWith(told) ? text.slice(told.length) : redact(value).text) as T;
  }
  if (Array.isArray(value)) return value.map((item: unknown) => redacted(item, name)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, of]) => [key, redacted(of as unknown, key)])) as T;
}
