import { marked } from "@/lib/core/evidence/bundle-marks";
import type { LogLine } from "@/lib/core/evidence/bundle";
import type { KubeEvent, Termination } from "@/lib/evidence/kubernetes";
import { found, type Looked, unreadOf } from "@/lib/evidence/looked";
import type { ServiceContext } from "./context";

/** Events and last terminated states of the cluster, as lines among the logs; null where there is none. */
export async function kubernetesLines(
  { kubernetes }: ServiceContext,
  window: { from: number; to: number },
  signal: AbortSignal,
): Promise<Looked<LogLine[]> | null> {
  if (kubernetes === null) return null;
  const [events, terminations] = await Promise.all([
    kubernetes.events(window, signal),
    kubernetes.terminations(signal),
  ]);
  if (!events.ok && !terminations.ok) return events;
  const said = events.ok ? events.value.map(eventLine) : [];
  const ended = terminations.ok ? terminations.value.flatMap((one) => terminationLine(one, window)) : [];
  return found(
    kubernetes.source,
    [...said, ...ended],
    [events, terminations].some((look) => look.ok && look.truncated),
    unreadOf([events, terminations]),
  );
}

const eventLine = ({ t, node, kind, object, warning, reason, message, count }: KubeEvent): LogLine => ({
  t,
  node,
  line: marked(
    "event",
    `${warning ? "Warning " : ""}${reason} ${kind}/${object}: ${message}${count > 1 ? ` (${count} times)` : ""}`,
  ),
});

function terminationLine(
  { node, pod, container, restarts, last, waiting }: Termination,
  { from, to }: { from: number; to: number },
): LogLine[] {
  if (last === null || last.t === null || last.t < from || last.t > to) return [];
  const why = `${last.reason}, exit code ${last.exitCode}${last.message ? `: ${last.message}` : ""}`;
  return [
    {
      t: last.t,
      node,
      line: marked(
        "state",
        `pod/${pod} container ${container} last terminated: ${why}; ${restarts} restarts${waiting ? `; now ${waiting}` : ""}`,
      ),
    },
  ];
}
