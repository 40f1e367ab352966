import type { Page } from "@playwright/test";
import { expect } from "../people";
import { type Fault, type Launched, faultsOf } from "../demo/demo";

/** Minutes, since how busy the machine is must not decide. */
export const WITHIN_MS = 8 * 60_000;
const LOOK_EVERY_MS = [500];

export interface Agent {
  agent: {
    state: string;
    incident: { id: string } | null;
    containment: { state: string; live: number; enforced: number; text: string };
  };
  anomalies: { text: string }[];
  history: { at: number; type: string }[];
  directive: { status: string };
}
export interface Incident {
  incident: { id: string; state: string; outcome: string | null; opened_at: number };
  hypotheses: { rank: number; diagnosis: string; confidence: number; cites: string[] }[];
  findings: { id: string; kind: string }[];
  proposals: { id: string; action: string; approval: { id: string; state: string } | null }[];
  actions: { action: string; outcome: string; by: string; undone_at: number | null; judged_at: number | null }[];
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
    incident: (id: string) => get<Incident>(`/api/v1/incidents/${id}`),
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
