import type { FrozenService } from "@/lib/contracts/frozen-case";
import type { READING_SPECIALISTS } from "@/lib/contracts/frozen-service";
import type { Bundle, BundleChange } from "@/lib/core/evidence/bundle";
import { found, type Looked, type Unread, unreadOf } from "@/lib/evidence/looked";
import type { Integrations } from "@/lib/response/services/context";

type Readers = Parameters<NonNullable<Integrations["asThen"]>>[0];
type Reading = keyof Readers;

/** The reading at which it shows that a specialist could not read something: the one that it makes by itself, or the last of them. */
const READS: Record<(typeof READING_SPECIALISTS)[number], Reading> = {
  triage: "read_runbook",
  log_analyst: "fetch_logs",
  metrics_analyst: "query_metrics",
  deploy_correlator: "list_recent_changes",
};

/** What was seen, and what not, that neither the database of a frozen incident's world nor its series tell again. */
interface Seen {
  bundle: Bundle;
  unread: FrozenService["evidence"]["unread"];
  /** How far time has come there, epoch ms. */
  known: () => number;
}

/**
 * The readers of a frozen incident's world as those that there were then: with traces, with what changes changed and whether they were
 * survived, and with what could not be read, which is missing again.
 */
export function readersAsThen(readers: Readers, { bundle, unread, known }: Seen): Readers {
  const spans = [...bundle.normal.spans, ...bundle.spans];
  const changes = new Map(bundle.changes.map((change) => [keyOf(change), change]));
  const missing = (reading: Reading): Unread[] =>
    unread.flatMap(({ specialist, source, reason }) => (READS[specialist] === reading ? [{ source, reason }] : []));
  const less = <T>(reading: Reading, looked: Looked<T>): Looked<T> =>
    looked.ok
      ? found(looked.source, looked.value, looked.truncated, [...unreadOf([looked]), ...missing(reading)])
      : looked;
  return {
    ...readers,
    read_runbook: async (args, signal) => less("read_runbook", await readers.read_runbook(args, signal)),
    fetch_logs: async (args, signal) => less("fetch_logs", await readers.fetch_logs(args, signal)),
    async query_metrics(args, signal) {
      const looked = less("query_metrics", await readers.query_metrics(args, signal));
      const { nodes, metric, from } = args;
      const to = Math.min(args.to, known() / 1_000);
      const seen =
        metric === undefined ? spans.filter(({ node, t }) => nodes.includes(node) && t >= from && t <= to) : [];
      return looked.ok ? { ...looked, value: { ...looked.value, spans: seen } } : looked;
    },
    async list_recent_changes(args, signal) {
      const looked = less("list_recent_changes", await readers.list_recent_changes(args, signal));
      if (!looked.ok) return looked;
      const value = looked.value.map((change) => {
        const { from, to, files, diff, survived } = changes.get(keyOf(change)) ?? {};
        const told = Object.entries({ from, to, files, diff, survived }).filter(([, value]) => value !== undefined);
        return { ...change, ...Object.fromEntries(told) };
      });
      return { ...looked, value };
    },
  };
}

/** The database keeps whole milliseconds. */
const keyOf = ({ t, node, kind }: BundleChange): string => JSON.stringify([Math.round(t * 1_000), node, kind]);
