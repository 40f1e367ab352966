import type { RunIds } from "../../sdk/typescript/index";

export interface HandedTask {
  from: string;
  task: string;
  run: RunIds | null;
}

/** Waiting tasks per colleague, and kept reports per sender: what is more falls out, oldest first. */
const WAITING = 3;
const REPORTS = 2;
/** Words of a report that are passed on. */
const DIGEST = 25;

/** Hands tasks from agent to agent. Nobody waits for anybody: an agent that is ill slows no colleague down. */
export function createInbox(colleagues: () => string[]) {
  const waiting = new Map<string, HandedTask[]>();
  const reports = new Map<string, string[]>();
  let turn = 0;
  return {
    hand(from: string, task: string, run: RunIds | null): string {
      const to = colleagues();
      const colleague = to[turn++ % Math.max(1, to.length)];
      if (colleague === undefined) return "Nobody is there to take it.";
      waiting.set(colleague, [...(waiting.get(colleague) ?? []), { from, task, run }].slice(-WAITING));
      return "Handed over; the report will follow.";
    },
    take: (agentId: string) => waiting.get(agentId)?.shift() ?? null,
    report(to: string, text: string) {
      const digest = text.split(/\s+/).slice(0, DIGEST).join(" ");
      reports.set(to, [...(reports.get(to) ?? []), digest].slice(-REPORTS));
    },
    collect(agentId: string): string {
      const kept = reports.get(agentId) ?? [];
      return kept.length > 0 ? kept.join("\n") : "No reports yet.";
    },
  };
}
export type Inbox = ReturnType<typeof createInbox>;
