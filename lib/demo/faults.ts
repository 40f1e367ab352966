import { z } from "zod";
import type { DemoFaultBody, DemoFaults } from "@/lib/contracts/demo";
import type { By } from "@/lib/db/audit";
import type { Db } from "@/lib/db/client";
import { recordAct } from "@/lib/db/queries/audit";
import { env } from "@/lib/env";
import { SentinelError } from "@/lib/errors";
import { isTargetFault, TARGET_TOKEN_HEADER } from "./target-faults";

/** As the fleet's control reads it. */
export const TOKEN_HEADER = "x-fleet-token";
/** A deploy of the watched service is over when it answers again, in ms: on a busy machine a new process takes a while to load. */
const WITHIN_MS = 90_000;

const Catalog = z.object({
  faults: z.array(
    z.object({ kind: z.string(), title: z.string(), description: z.string(), targets: z.array(z.string()) }),
  ),
  active: z.array(z.object({ id: z.string(), kind: z.string(), target: z.string(), since: z.number() })),
});
const Started = z.object({ id: z.string(), kind: z.string(), target: z.string() });
const Refused = z.object({ error: z.string() });

/** What may be broken in the demo, and what was broken by hand and still is. Throws not_found outside the demo. */
export async function listFaults(): Promise<DemoFaults> {
  const answers = await Promise.all(
    [fleet(), target()].flatMap((control) => (control ? [ask(control, "GET", "/catalog")] : [])),
  );
  const catalogs = answers.map(({ body }) => Catalog.parse(body));
  return {
    faults: catalogs.flatMap(({ faults }) => faults.map(({ targets, ...fault }) => ({ ...fault, agents: targets }))),
    active: catalogs.flatMap(({ active }) => active.map(({ target: agent, ...fault }) => ({ ...fault, agent }))),
  };
}

/** Breaks something by hand. Throws not_found outside the demo, conflict with the reason when it is refused. */
export async function injectFault(body: DemoFaultBody): Promise<{ id: string; kind: string; agent: string }> {
  const answer = await ask(controlOf(body.kind), "POST", "/faults", body);
  if (answer.status !== 201) throw refused(answer);
  const { id, kind, target: agent } = Started.parse(answer.body);
  return { id, kind, agent };
}

/** Mends what was broken. Throws not_found. */
export async function endFault(id: string): Promise<void> {
  const answer = await ask(controlOf(id), "DELETE", `/faults/${encodeURIComponent(id)}`);
  if (answer.status !== 200) throw new SentinelError("not_found", { detail: "No such fault" });
}

/** The same by a person, recorded. */
export async function injectFaultBy(db: Db, body: DemoFaultBody, by: By, now: number) {
  const fault = await injectFault(body);
  await recordAct(db, by, ["fault.inject", "fault", fault.id], now, { kind: fault.kind, agent: fault.agent });
  return fault;
}

export async function endFaultBy(db: Db, id: string, by: By, now: number): Promise<void> {
  await endFault(id);
  await recordAct(db, by, ["fault.end", "fault", id], now);
}

function refused(answer: { status: number; body: unknown }): SentinelError {
  const reason = Refused.safeParse(answer.body);
  const detail = reason.success ? reason.data.error : `The demo answered ${answer.status}`;
  return new SentinelError(answer.status === 400 ? "invalid" : "conflict", { detail });
}

/** Whoever can break something: the agents' fleet, or the supervisor of the watched service. */
interface Control {
  url: string;
  header: string;
  token: string;
  name: string;
}

function fleet(): Control {
  const { SENTINEL_DEMO_CONTROL_URL: url, SENTINEL_DEMO_CONTROL_TOKEN: token } = env();
  if (!url || !token) throw new SentinelError("not_found", { detail: "This is not a demo" });
  return { url, header: TOKEN_HEADER, token, name: "fleet" };
}

function target(): Control | null {
  const { SENTINEL_DEMO_TARGET_URL: url, SENTINEL_DEMO_TARGET_TOKEN: token } = env();
  return url && token ? { url, header: TARGET_TOKEN_HEADER, token, name: "watched service" } : null;
}

/** Of a kind of fault, or of a fault's id. */
const controlOf = (word: string): Control => (isTargetFault(word) ? target() : null) ?? fleet();

/** It is the one thing that crosses, and only when a person presses the button. */
async function ask(
  control: Control,
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; body: unknown }> {
  try {
    const answer = await fetch(new URL(path, control.url), {
      method,
      headers: { [control.header]: control.token, "content-type": "application/json" },
      signal: AbortSignal.timeout(WITHIN_MS),
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: await answer.json() };
  } catch (cause) {
    throw new SentinelError("unavailable", { detail: `The demo's ${control.name} does not answer`, cause });
  }
}
