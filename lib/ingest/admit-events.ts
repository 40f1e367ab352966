import type { IngestAnswer } from "@/lib/contracts/ingest";
import { isBacklog } from "@/lib/core/detection/lateness";
import { WORK_KINDS } from "@/lib/core/base/vocabulary";
import { duration } from "@/lib/core/agents/words";
import type { NewEvent } from "@/lib/db/queries/append-events";
import type { Sender, Source } from "@/lib/db/queries/sources";
import type { LoopConfig } from "@/lib/config/agents";

export type Notice = IngestAnswer["notices"][number];
/** An event as it was sent, before its time and its acknowledgement were checked. */
export type SentEvent = Omit<NewEvent, "at" | "late" | "restamped" | "acknowledged">;

/** Notices a request: each names one agent, instance and field, so more are only many agents with the same trouble. */
const MAX_NOTICES = 100;

export const senderOf = ({ agentId, instanceId, body }: SentEvent): Sender => [
  agentId,
  instanceId,
  body.directive_version ?? null,
];
/** Names hold no control characters, so this is one sender's alone. */
export const senderKey = (sender: Sender): string => sender.join("\n");

/**
 * Decides what of each event counts: its time, and what it says of a directive. What does not count is left out of the
 * event and named in a notice; the rest of the event is kept, since what an agent does has to be judged whatever it claims.
 */
export function admitEvents(
  events: readonly SentEvent[],
  sources: ReadonlyMap<string, Source>,
  now: number,
  config: LoopConfig,
): { taken: NewEvent[]; notices: Notice[] } {
  const notices = new Map<string, Notice>();
  const taken = events.map((event) => {
    const source = sources.get(senderKey(senderOf(event)))!;
    const notice = (field: string, reason: string) => {
      const key = `${event.agentId}\n${event.instanceId ?? ""}\n${field}\n${reason}`;
      const known = notices.get(key);
      if (known) known.events += 1;
      else if (notices.size < MAX_NOTICES)
        notices.set(key, {
          index: event.index,
          agent_id: event.agentId,
          instance_id: event.instanceId,
          field,
          reason,
          events: 1,
        });
    };
    return { ...event, ...timed(event, source, now, config, notice), ...acknowledging(event, source, notice) };
  });
  return { taken, notices: [...notices.values()] };
}

/** When an event happened, as far as its sender is to be believed. */
function timed(
  { saidAt }: SentEvent,
  source: Source,
  now: number,
  { maxLateMs, maxClockSkewMs }: LoopConfig,
  notice: (field: string, reason: string) => void,
): Pick<NewEvent, "at" | "late" | "restamped"> {
  if (saidAt === null) return { at: now, late: false, restamped: false };
  const behind = now - saidAt;
  if (behind < -maxClockSkewMs) {
    notice("timestamp", `${inMinutes(-behind)} ahead of the server's clock: arrival time is used`);
    return { at: now, late: false, restamped: true };
  }
  if (behind <= maxLateMs) return { at: saidAt, late: false, restamped: false };
  // An instance may be younger than the outage that its agent comes back from.
  if (isBacklog(saidAt, now, source.instance, maxLateMs) || isBacklog(saidAt, now, source.agent, maxLateMs)) {
    notice("timestamp", `more than ${inMinutes(maxLateMs)} old, from an outage: stored, not evaluated`);
    return { at: saidAt, late: true, restamped: false };
  }
  notice("timestamp", `${inMinutes(behind)} behind the server's clock: evaluated by its arrival time`);
  return { at: now, late: false, restamped: true };
}

/** Rounded, so that events of one clock share a notice. */
const inMinutes = (ms: number): string => (ms < 60_000 ? duration(ms) : duration(Math.round(ms / 60_000) * 60_000));

/** What an event proves of a directive: only what was issued, told by its hash, and never that nothing runs while something does. */
function acknowledging(
  { body, kind, instanceId }: SentEvent,
  source: Source,
  notice: (field: string, reason: string) => void,
): Pick<NewEvent, "acknowledged" | "body"> {
  const version = body.directive_version ?? null;
  const said = version !== null || body.enforced === true;
  if (!said) return { acknowledged: null, body };
  const refuse = (field: string, reason: string) => {
    notice(field, reason);
    const { directive_version: _v, directive_hash: _h, enforced: _e, ...rest } = body;
    return { acknowledged: null, body: rest };
  };
  if (version === null) return refuse("enforced", "has no directive_version: it acknowledges nothing");
  if (version === 0) return { acknowledged: null, body };
  if (version > source.issuedVersion)
    return refuse("directive_version", `${version} was never issued; the newest is ${source.issuedVersion}`);
  if (body.directive_hash === undefined || body.directive_hash === null)
    return refuse("directive_hash", `is missing: send the hash together with directive_version ${version}`);
  if (body.directive_hash !== source.hash)
    return refuse("directive_hash", `does not match the hash issued with version ${version}`);
  if (instanceId === null && body.enforced === true) {
    notice("enforced", "has no instance_id: it confirms nothing");
    return { acknowledged: null, body };
  }
  const enforced = body.enforced === true;
  if (enforced && WORK_KINDS.has(kind) && source.status !== "run") {
    notice("enforced", `ignored: a ${kind} shows that the agent is still working, so it cannot confirm the quarantine`);
    return { acknowledged: { version, hash: body.directive_hash, enforced: false }, body };
  }
  return { acknowledged: { version, hash: body.directive_hash, enforced }, body };
}
