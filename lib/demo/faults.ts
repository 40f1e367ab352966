import { z } from "zod";
import type { DemoFaultBody, DemoFaults } from "@/lib/contracts/demo";
import { env } from "@/lib/env";
import { SentinelError } from "@/lib/errors";

/** As the fleet's control reads it. */
export const TOKEN_HEADER = "x-fleet-token";
const WITHIN_MS = 3000;

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
  const { faults, active } = Catalog.parse((await ask("GET", "/catalog")).body);
  return {
    faults: faults.map(({ kind, title, description, targets }) => ({ kind, title, description, agents: targets })),
    active: active.map(({ id, kind, target, since }) => ({ id, kind, agent: target, since })),
  };
}

/** Breaks something by hand. Throws not_found outside the demo, conflict with the fleet's reason when it refuses. */
export async function injectFault(body: DemoFaultBody): Promise<{ id: string; kind: string; agent: string }> {
  const answer = await ask("POST", "/faults", body);
  if (answer.status !== 201) throw refused(answer);
  const { id, kind, target } = Started.parse(answer.body);
  return { id, kind, agent: target };
}

/** Mends what was broken. Throws not_found. */
export async function endFault(id: string): Promise<void> {
  const answer = await ask("DELETE", `/faults/${encodeURIComponent(id)}`);
  if (answer.status !== 200) throw new SentinelError("not_found", { detail: "There is no such fault" });
}

function refused(answer: { status: number; body: unknown }): SentinelError {
  const reason = Refused.safeParse(answer.body);
  const detail = reason.success ? reason.data.error : `The fleet answered ${answer.status}`;
  return new SentinelError(answer.status === 400 ? "invalid" : "conflict", { detail });
}

/** Asks the fleet's control. It is the one thing that crosses, and only when a person presses the button. */
async function ask(method: string, path: string, body?: object): Promise<{ status: number; body: unknown }> {
  const { SENTINEL_DEMO_CONTROL_URL: url, SENTINEL_DEMO_CONTROL_TOKEN: token } = env();
  if (!url || !token) throw new SentinelError("not_found", { detail: "This is not a demo" });
  try {
    const answer = await fetch(new URL(path, url), {
      method,
      headers: { [TOKEN_HEADER]: token, "content-type": "application/json" },
      signal: AbortSignal.timeout(WITHIN_MS),
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: await answer.json() };
  } catch (cause) {
    throw new SentinelError("unavailable", { detail: "The demo's fleet does not answer", cause });
  }
}
