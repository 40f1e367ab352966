import type { CauseKind } from "../base/vocabulary";
import { tellsOfBadExit } from "../evidence/fault-words";
import { natureOf } from "./metric-kinds";

/** How much a piece of evidence speaks for each kind of cause, 0 to 1; what is not named, not at all. */
export type Affinity = Partial<Record<CauseKind, number>>;

/** Kinds of trouble that a change of the node brought, so that taking it back is a remedy. */
export const FROM_CHANGE: readonly CauseKind[] = ["deploy_regression", "config_regression"];

/**
 * Words of operations, by what kind of trouble they are the language of, whatever the system. They name no product, and no
 * single one decides: affinities of all evidence of a node are added up.
 */
const LANGUAGE: readonly (readonly [pattern: RegExp, affinity: Affinity])[] = [
  [
    /\b(?:quota|limit(?:s|ed)?|exhaust\w*|insufficient|full|capacity|pool|slots?|saturat\w*|evict\w*|out of|maximum|max_\w+|space|unschedulable|starv\w*)\b/i,
    { resource_exhaustion: 0.8 },
  ],
  // A limit that was reached, in the words of databases and operating systems: "too many" of what is handed out is no load.
  [
    /\btoo many (?:\w+ )?(?:clients|connections|open files|sessions|handles|processes)\b|\bno (?:free |available )?(?:connections?|slots?)\b|\bconnection (?:slots|limit)\b/i,
    { resource_exhaustion: 1.4 },
  ],
  [/\b(?:oom\w*|out of memory|heap|memory|garbage)\b/i, { resource_exhaustion: 0.6, memory_leak: 0.5 }],
  [
    /\b(?:crash\w*|killed|panic\w*|segfault|sig(?:segv|abrt|kill)|uncaught|unhandled|aborted|core dumped|exit(?:ed)?[ _]code|terminated|back-?off|restart\w*)\b/i,
    { crash: 0.7 },
  ],
  [
    /\b(?:config\w*|settings?|parameters?|environment variable|env|manifest|image|misconfigur\w*|not set|probe|credentials?|secret|certificate|permission|denied|forbidden|unauthori[sz]ed|invalid|schema|feature flag)\b/i,
    { config_regression: 0.7 },
  ],
  [
    /\b(?:deploy\w*|roll(?:ed )?(?:out|back)|rollout|release[ds]?|revision|version|upgrade\w*|migrat\w*|replica ?set)\b/i,
    { deploy_regression: 0.7 },
  ],
  [
    /\b(?:upstream|downstream|dependency|unreachable|refused|resolve|resolution|lookup|getaddrinfo|dns|enotfound|econn\w+|replica\w*|replication|failover|primary|standby|node|host|connection reset|no route|network)\b/i,
    { dependency_failure: 0.7 },
  ],
  [
    /\b(?:overload\w*|too many|backlog|queue\w*|throttl\w*|load|storm|burst|spike|traffic|throughput|rate limit\w*)\b/i,
    { overload: 0.6 },
  ],
  [
    /\b(?:slow\w*|latency|time(?:d)?[ -]?out|deadline|lag\w*|behind|stale|delay\w*|lock\w*|contention|wait\w*)\b/i,
    { slow: 0.6 },
  ],
  [/\b(?:error\w*|exception\w*|fail\w*|5\d\d|traceback|rejected)\b/i, { failing: 0.5 }],
  [/\b(?:heartbeat|no data|unresponsive|not ?ready|lost|silent|unknown|no longer report\w*)\b/i, { silent: 0.6 }],
];

/** Whoever started a process and says how it ended was there: that is no sign of a crash but the crash, and silence is what follows. */
const BAD_EXIT: Affinity = { crash: 1.4 };

/** A longer text is read up to here, as for its tone (fault-words.ts): the point of a line stands early. */
const READ_CHARS = 2_000;

/** A single quoted word is a name that somebody gave: a field called 'quota' says nothing of quotas. */
const IDENTIFIER = /(?<![A-Za-z])(?:'[\w.$-]{1,60}'|"[\w.$-]{1,60}"|`[\w.$-]{1,60}`)/g;

/** What a text speaks for; camel case and snake case are read as words. */
export function affinityOfText(text: string): Affinity {
  const head = text.slice(0, READ_CHARS).replace(IDENTIFIER, " ");
  const words = `${head} ${head.replace(/([a-z\d])([A-Z])/g, "$1 $2").replaceAll("_", " ")}`;
  const sum: Affinity = {};
  for (const [pattern, affinity] of LANGUAGE) if (pattern.test(words)) addTo(sum, affinity, 1);
  if (tellsOfBadExit(head)) addTo(sum, BAD_EXIT, 1);
  return sum;
}

/** Whether anything answers at all (Prometheus' `up`, a probe), in place of how often it does well. */
const REACHABLE = /(?:^|[^a-z])(?:up|uptime|probe_success|ready|reachable)(?:$|[^a-z])/i;

/** What a moved metric speaks for. `rose`: it has more than before; `grows`: it goes on moving. */
export function affinityOfMetric(
  metric: string,
  unit: string | undefined,
  { rose, grows }: { rose: boolean; grows: boolean },
): Affinity {
  const words = affinityOfText(metric);
  switch (natureOf(metric, unit).kind) {
    case "latency":
      return addTo(words, { slow: 0.8 }, 1);
    case "error":
      return addTo(words, { failing: 0.8 }, 1);
    case "availability":
      return addTo(words, REACHABLE.test(metric) ? { silent: 0.8 } : { failing: 0.8 }, 1);
    case "resource":
      return addTo(
        words,
        { resource_exhaustion: 0.8, memory_leak: grows && /mem|heap|rss/i.test(metric) ? 0.7 : 0 },
        1,
      );
    case "traffic":
      // Less work done is a sign that it cannot be done, and never of too much of it.
      return rose ? addTo(words, { overload: 0.7 }, 1) : { silent: 0.4, failing: 0.5 };
    case "level":
      return words;
  }
}

/** What a change speaks for. */
export function affinityOfChange(kind: string, summary: string): Affinity {
  switch (kind) {
    case "deploy":
      return { deploy_regression: 1 };
    case "config":
    case "prompt":
    case "model":
    case "tools":
      return { config_regression: 1 };
    // What an operation was called says what was thought wrong then, not what is wrong now.
    case "healing":
      return {};
    case "scale":
      return { overload: 0.6, resource_exhaustion: 0.5 };
    default:
      return affinityOfText(`${kind} ${summary}`);
  }
}

/** Adds `more`, times `weight`, into `sum`, each kind at most 1. */
export function addTo(sum: Affinity, more: Affinity, weight: number): Affinity {
  for (const [kind, value] of Object.entries(more) as [CauseKind, number][])
    sum[kind] = 1 - (1 - (sum[kind] ?? 0)) * (1 - value * weight);
  return sum;
}
