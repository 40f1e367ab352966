import type { Page } from "@playwright/test";
import { expect } from "../people";
import { type Fault, type Launched, faultsOf } from "../demo/demo";

/** Minutes, since how busy the machine is must not decide. */
export const WITHIN_MS = 8 * 60_000;
const LOOK_EVERY_MS = [500];

export interface Agent {
  agent: {
    id: string;
    state: string;
    last_seen_at: number;
    incident: { id: string } | null;
    containment: { state: string; live: number; enforced: number; text: string };
  };
  anomalies: { text: string; severity: number; incident_id: string | null }[];
  history: { at: number; type: string }[];
  directive: { status: string };
}
export interface Incident {
  incident: { id: string; state: string; outcome: string | null; opened_at: number };
  hypotheses: { rank: number; diagnosis: string; confidence: number; cites: string[] }[];
  findings: { id: string; kind: string }[];
  proposals: {
    id: string;
    action: string;
    operation: { title: string; runs: string[] } | null;
    approval: { id: string; state: string } | null;
  }[];
  actions: {
    action: string;
    outcome: string;
    acknowledged_at: number | null;
    judged_at: number | null;
    verification: { evidence?: { samples: number }[] } | null;
  }[];
  timeline: { at: number; text: string }[];
}
export interface Run {
  started_at: number;
  ended_at: number | null;
}
export interface Story {
  causes: { rank: number; node: string | null; kind: string; confidence: number; cites: string[] }[];
  alerts: { name: string; source: string }[];
  investigation: { spent: { calls: number; tokens: number; ms: number } | null; authors: Record<string, string> | null } | null;
  postmortem: string | null;
} // prettier-ignore

/** What the API of a demo says, as whoever is signed in on the page may ask it. */
export function worldOf(page: Page, demo: Launched) {
  const origin = new URL(demo.link).origin;
  const get = async <T>(path: string): Promise<T> => {
    const answer = await page.request.get(origin + path);
    expect(answer.ok(), `${path}: ${answer.status()}`).toBe(true);
    return (await answer.json()) as T;
  };
  return {
    get,
    async set(path: string, body: object): Promise<void> {
      const answer = await page.request.patch(origin + path, { data: body, headers: { origin } });
      expect(answer.ok(), `${path}: ${answer.status()}`).toBe(true);
    },
    agent: (id: string) => get<Agent>(`/api/v1/agents/${id}`),
    agents: async () => (await get<{ agents: Agent["agent"][] }>("/api/v1/agents")).agents,
    /** Its tasks that began after this, in epoch ms. */
    runsSince: async (id: string, since: number) =>
      (await get<{ runs: Run[] }>(`/api/v1/agents/${id}/runs`)).runs.filter(({ started_at }) => started_at > since),
    incident: (id: string) => get<Incident>(`/api/v1/incidents/${id}`),
    /** What every incident tells, and what waits: why a story did not come to its end is seen in nothing else. */
    async record(): Promise<string> {
      const { incidents } = await get<{ incidents: { id: string; title: string; state: string }[] }>("/api/v1/incidents?limit=500"); // prettier-ignore
      const lines = [
        `agents: ${(await get<{ agents: Agent["agent"][] }>("/api/v1/agents")).agents.map(({ id, state }) => `${id} ${state}`).join(", ")}`,
        `services: ${(await get<{ services: { id: string; state: string }[] }>("/api/v1/services")).services.map(({ id, state }) => `${id} ${state}`).join(", ")}`,
        ...(await faultsOf(demo)).map(({ kind, target, startedAt }) => `broken: ${target}, ${kind}, ${new Date(startedAt).toISOString()}`),
        ...(await get<{ approvals: { proposal: { action: string }; incident: { title: string } }[] }>("/api/v1/approvals?state=pending")).approvals.map(({ proposal, incident }) => `waits for a decision: ${proposal.action} (${incident.title})`),
      ];
      for (const { id, title, state } of incidents) {
        const { timeline } = await get<Incident>(`/api/v1/incidents/${id}`);
        lines.push(`${title} (${state})`, ...timeline.map(({ at, text }) => `  ${new Date(at).toISOString()} ${text}`));
      }
      return lines.join("\n");
    },
    /** Waits until it is so, and gives what was seen then. */
    async until<T>(what: string, look: () => Promise<T | null | undefined | false>): Promise<T> {
      let seen: T | null | undefined | false = null;
      await expect
        .poll(async () => Boolean((seen = await look())), { message: what, timeout: WITHIN_MS, intervals: LOOK_EVERY_MS })
        .toBe(true);
      return seen as T;
    },
    /** The truth about the fault of this kind, which Sentinel is never told. */
    async fault(kind: string): Promise<Fault> {
      const found = (await faultsOf(demo)).find((fault) => fault.kind === kind);
      expect(found, `${kind} was injected`).toBeDefined();
      return found!;
    },
    /** A number as the demo's metrics server has it now, without Sentinel; null: there is none. */
    async measured(query: string): Promise<number | null> {
      const answer = await page.request.get(`${demo.target.prometheus}/api/v1/query`, { params: { query } });
      const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
      const value = data.result[0]?.value[1];
      return value === undefined || value === "NaN" ? null : Number(value);
    },
  };
} // prettier-ignore
export type World = ReturnType<typeof worldOf>;
