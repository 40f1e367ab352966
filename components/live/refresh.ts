import type { QueryClient, QueryKey } from "@tanstack/react-query";
import type { StreamMessage } from "@/lib/contracts/overview";

/** Bursts (a fleet falling ill) cost one round of reading again, not one a message. */
const FLUSH_MS = 350;

/** What a message makes out of date. Messages are about an agent, a service, an incident, some of them, or the settings. */
export function outdated(message: StreamMessage): QueryKey[] {
  const keys: QueryKey[] = [["overview"]];
  if (message.agent_id !== null) keys.push(["agents"], ["agent", message.agent_id], ["changes"]);
  if (message.service_id !== null) keys.push(["services"], ["service", message.service_id], ["changes"]);
  if (message.incident_id !== null)
    keys.push(
      ["incidents"],
      ["incident", message.incident_id],
      ["story", message.incident_id],
      ["approvals"],
      ["healing"],
      ["memory"],
    );
  if (message.agent_id === null && message.service_id === null && message.incident_id === null)
    keys.push(["agents"], ["settings"], ["agent-types"], ["demo"], ["maintenance"], ["alert-sources"]);
  return keys;
}

/**
 * Collects what is out of date and reads it again, together. What is just being read waits for the next round, and all of
 * it waits while `mayRead` says no (a tab that nobody looks at); `add([])` asks again.
 */
export function refresher(
  client: QueryClient,
  mayRead: () => boolean = () => true,
): { add: (keys: QueryKey[]) => void; stop: () => void } {
  let waiting = new Map<string, QueryKey>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const flush = () => {
    timer = undefined;
    if (!mayRead()) return;
    const round = waiting;
    waiting = new Map();
    for (const [id, queryKey] of round) {
      if (client.isFetching({ queryKey }) > 0) waiting.set(id, queryKey);
      else void client.invalidateQueries({ queryKey });
    }
    if (waiting.size > 0) schedule();
  };
  const schedule = () => (timer ??= setTimeout(flush, FLUSH_MS));

  return {
    add: (keys) => {
      for (const key of keys) waiting.set(JSON.stringify(key), key);
      schedule();
    },
    stop: () => clearTimeout(timer),
  };
}
