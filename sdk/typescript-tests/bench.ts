import { createGuard, type Guard, type GuardSettings } from "@sentinel/agents";
import { afterEach, beforeEach } from "vitest";
import { type FakeSentinel, startFakeSentinel } from "../typescript/fake-sentinel.js";

/** What the scripted model does next: call the tool `lookup` with `q`, or say something and be done. */
export type Turn = { look: string } | { say: string };
export const look = (q: string): Turn => ({ look: q });
export const say = (text: string): Turn => ({ say: text });
/** `signal`: what the framework gives it to hear that it is called off. */
export type Tool = (q: string, signal?: AbortSignal) => Promise<string> | string;

/** The conversation that a run belongs to, and the task that it works on, as a host would name them. */
export interface Begin {
  threadId?: string;
  taskId?: string;
}

/** Runs an agent with a scripted model and one tool; what the run gave back. `guard` null: unwatched. */
export type Play = (guard: Guard | null, turns: Turn[], tool: Tool, begin?: Begin) => Promise<string>;

/** Before each test a Sentinel of its own, and no guards; what the tests ask of it. */
export function bench(play: Play) {
  let server: FakeSentinel;
  let guards: Guard[] = [];
  const ran: string[] = [];
  const tool: Tool = (q) => (ran.push(q), "found");
  beforeEach(async () => {
    server = await startFakeSentinel();
    guards = [];
    ran.length = 0;
  });
  afterEach(async () => {
    await Promise.all(guards.map((guard) => guard.close(10)));
    await server.stop();
  });
  return {
    get server() {
      return server;
    },
    /** Arguments of the calls that the tool was given. */
    ran,
    watch(more: GuardSettings = {}): Guard {
      const guard = createGuard({
        agentId: "a",
        url: server.url,
        key: server.key,
        flushMs: 5,
        pollSeconds: 5,
        ...more,
      });
      guards.push(guard);
      return guard;
    },
    /** The run's answer, or what it was ended with. */
    played: (guard: Guard | null, turns: Turn[], work: Tool = tool, begin?: Begin) =>
      play(guard, turns, work, begin).catch((error: unknown) => String(error)),
    isEnforced: (version: number) =>
      server.of("a", "heartbeat").some((e) => e.enforced === true && e.directive_version === version),
    enforced: (version: number) =>
      server.until(() => server.of("a", "heartbeat").some((e) => e.enforced === true && e.directive_version === version)), // prettier-ignore
    heard: (version: number) =>
      server.until(() => server.of("a", "heartbeat").some((e) => e.directive_version === version)),
    ended: (runs: number) => server.until(() => server.of("a", "run_end").length === runs),
    outcomes: () => server.of("a", "run_end").map((e) => e.outcome),
  };
}

/** A tool whose first call takes until `free` is called, and which does not look at signals. */
export function slowTool(ran: string[]) {
  let free = () => {};
  let begin = () => {};
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const freed = new Promise<void>((resolve) => (free = resolve));
  let first: AbortSignal | undefined;
  const work: Tool = async (q, signal) => {
    ran.push(q);
    first ??= signal;
    begin();
    if (ran.length === 1) await freed;
    return "found";
  };
  return { work, begun, free, signal: () => first };
}
