import { setTimeout as wait } from "node:timers/promises";
import type { Demo, Fault } from "./demo";

interface Subject {
  id: string;
}
interface Incident {
  id: string;
  kind: string;
  state: string;
  title: string;
  diagnosis: string | null;
  subjects: Subject[];
  opened_at: number;
}
interface Action {
  incident_id: string;
  subject_id: string;
  action: string;
  outcome: string;
  started_at: number;
  judged_at: number | null;
}
interface TimelineEvent {
  at: number;
  type: string;
  text: string;
  agent_id: string | null;
}

/** What became of one fault. */
export interface Chapter {
  kind: string;
  target: string;
  /** ms from the first run with the fault to the directive that holds the agent, and to its enforcement; null if it never came. */
  heldAfter: number | null;
  enforcedAfter: number | null;
  /** Calls that the agent reported from then to the hold. */
  samples: number | null;
  tried: string[];
  curedBy: string | null;
  healedAfter: number | null;
}

export interface Story {
  chapters: Chapter[];
  external: Incident[];
  /** Agents that were held although nothing was wrong with them, each with what was said of the hold. */
  innocent: string[];
  approvals: number;
  escalations: number;
}

/** A cure that was not needed any more a second after it was asked for is nobody's merit. */
const POLL_MS = 500;

/** When each fault began to show and how many samples showed it until the hold, by the fault's id. */
export type Samples = Map<string, { from: number; count: number }>;

/** Plays the person: approves what waits, once a poll, until `over` says so or the time is up. */
export async function play(
  demo: Demo,
  over: () => Promise<boolean>,
  deadline: number,
): Promise<{ approvals: number; samples: Samples }> {
  let approvals = 0;
  const samples: Samples = new Map();
  while (Date.now() < deadline && !(await over())) {
    const waiting = await demo.person<{ approvals: { id: string; digest: string }[] }>(
      "/api/v1/approvals?state=pending",
    );
    for (const { id, digest } of waiting.approvals) {
      try {
        await demo.person(`/api/v1/approvals/${id}/decision`, { decision: "approve", digest, evidence_opened: true });
        approvals += 1;
      } catch (error) {
        // Void or decided meanwhile: a person would see that and go on.
        if (!String(error).includes(" 409 ")) throw error;
      }
    }
    await countSamples(demo, samples);
    await wait(POLL_MS);
  }
  return { approvals, samples };
}

/** Counts soon after a hold: later the series is told in buckets, and single calls cannot be counted any more. */
async function countSamples(demo: Demo, samples: Samples): Promise<void> {
  for (const fault of await demo.faults()) {
    if (fault.kind === "slow_provider" || samples.has(fault.id)) continue;
    const { history } = await demo.person<{ history: TimelineEvent[] }>(
      `/api/v1/agents/${encodeURIComponent(fault.target)}`,
    );
    const held = history.filter((e) => e.type === "agent.quarantined" && e.at >= fault.startedAt).map((e) => e.at);
    if (held.length === 0) continue;
    const from = await firstRunSince(demo, fault);
    samples.set(fault.id, { from, count: await samplesBetween(demo, fault, from, Math.min(...held)) });
  }
}

/**
 * When a fault could first be seen: a run under way goes on with the memory, prompt and tools that it began with, and a fault
 * that is in place while the agent rests shows in nothing.
 */
async function firstRunSince(demo: Demo, fault: Fault): Promise<number> {
  const { runs } = await demo.person<{ runs: { started_at: number }[] }>(
    `/api/v1/agents/${encodeURIComponent(fault.target)}/runs`,
  );
  const later = runs.map((run) => run.started_at).filter((at) => at >= fault.startedAt);
  return later.length > 0 ? Math.min(...later) : fault.startedAt;
}

/** Whether every fault that an action can cure was cured, as Sentinel measured it. */
export async function allCured(demo: Demo, planned: number): Promise<boolean> {
  const faults = await demo.faults();
  if (faults.length < planned) return false;
  const { actions } = await demo.person<{ actions: Action[] }>("/api/v1/healing?limit=500");
  return faults.every((fault) => fault.cures.length === 0 || cureOf(fault, actions) !== null);
}

/** The action that cures the fault and was measured to have cured it; a recovery after anything else does not count. */
function cureOf(fault: Fault, actions: Action[]): Action | null {
  const mine = actions.filter((a) => a.subject_id === fault.target && a.started_at >= fault.startedAt);
  return mine.find((a) => a.outcome === "recovered" && fault.cures.flat().includes(a.action)) ?? null;
}

export async function read(demo: Demo, counted: Samples): Promise<Omit<Story, "approvals">> {
  const faults = await demo.faults();
  const { actions } = await demo.person<{ actions: Action[] }>("/api/v1/healing?limit=500");
  const { incidents } = await demo.person<{ incidents: Incident[] }>("/api/v1/incidents?limit=500");
  const timelines = new Map<string, TimelineEvent[]>();
  for (const { id } of incidents)
    timelines.set(id, (await demo.person<{ timeline: TimelineEvent[] }>(`/api/v1/incidents/${id}`)).timeline);
  const events = [...timelines.values()].flat();

  const chapters: Chapter[] = [];
  for (const fault of faults.filter((f) => f.kind !== "slow_provider")) {
    const of = (type: string) =>
      events.filter((e) => e.agent_id === fault.target && e.type === type && e.at >= fault.startedAt).map((e) => e.at);
    const shown = counted.get(fault.id);
    const from = shown?.from ?? fault.startedAt;
    const held = Math.min(...of("agent.quarantined"));
    const enforced = Math.min(...of("containment.enforced"));
    const cure = cureOf(fault, actions);
    chapters.push({
      kind: fault.kind,
      target: fault.target,
      heldAfter: Number.isFinite(held) ? held - from : null,
      enforcedAfter: Number.isFinite(enforced) ? enforced - from : null,
      samples: shown?.count ?? null,
      tried: actions
        .filter((a) => a.subject_id === fault.target && a.started_at >= fault.startedAt)
        .toSorted((a, b) => a.started_at - b.started_at)
        .map((a) => `${a.action}: ${a.outcome}`),
      curedBy: cure?.action ?? null,
      healedAfter: cure?.judged_at ? cure.judged_at - fault.startedAt : null,
    });
  }
  const ill = (agentId: string, at: number) =>
    faults.some((f) => f.target === agentId && f.startedAt <= at && (f.endedAt ?? Infinity) >= at - GRACE_MS);
  const innocent = events
    .filter((e) => e.type === "agent.quarantined" && e.agent_id !== null && !ill(e.agent_id.replace(/~\d+$/, ""), e.at))
    .map((e) => e.text);
  return {
    chapters,
    external: incidents.filter((incident) => incident.kind === "external"),
    innocent: [...new Set(innocent)],
    escalations: chapters.filter((c) => c.curedBy !== null && c.tried.length > 1).length,
  };
}

/** What a fault did before it ended is still being told of for a while. */
const GRACE_MS = 60_000;

/** Calls that the agent reported from the moment the fault could be seen to the hold. */
async function samplesBetween(demo: Demo, fault: Fault, from: number, held: number): Promise<number> {
  let samples = 0;
  for (const metric of ["latency_ms", "tool.latency_ms"]) {
    const path = `/api/v1/agents/${encodeURIComponent(fault.target)}/series?metric=${metric}&minutes=${Math.min(30, Math.ceil((Date.now() - fault.startedAt) / 60_000) + 1)}`;
    const { points, resolution } = await demo.person<{ points: { at: number }[]; resolution: string }>(path);
    if (resolution !== "event") throw new Error("the series is too long to be counted by event");
    samples += points.filter(({ at }) => at >= from && at <= held).length;
  }
  return samples;
}

const seconds = (ms: number | null): string => (ms === null ? "never" : `${(ms / 1_000).toFixed(1)} s`);

/** The story as a table. */
export function table({ chapters, external, innocent, approvals, escalations }: Story): string {
  const rows = chapters.map((c) =>
    [
      c.kind.padEnd(18),
      c.target.padEnd(17),
      seconds(c.heldAfter).padStart(7),
      String(c.samples ?? "").padStart(7),
      seconds(c.enforcedAfter).padStart(8),
      (c.curedBy ?? "not cured").padEnd(16),
      seconds(c.healedAfter).padStart(8),
      c.tried.join(" → "),
    ].join("  "),
  );
  return [
    "fault               agent                 held  samples  enforced  cured by            healed  tried",
    ...rows,
    `external incidents: ${external.map((incident) => `${incident.title} (${incident.subjects.length} agents)`).join("; ") || "none"}`,
    `held although well: ${innocent.join(", ") || "none"} · approvals given: ${approvals} · cured after a rung that did not cure: ${escalations}`,
  ].join("\n");
}
