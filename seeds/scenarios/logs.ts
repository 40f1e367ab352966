import type { Rng } from "../fleet/rng";
import type { Truth } from "./simulate";

export interface Line {
  t: number;
  node: string;
  line: string;
}

/** Of all lines a log has, a bundle holds a sample: so many a minute for each node at most. */
const CALM_PER_MINUTE = 0.12;
const FAILING_PER_MINUTE = 1.6;

const number = (rng: Rng, from: number, to: number) => Math.round(from + rng.next() * (to - from));
const hex = (rng: Rng, length: number) =>
  Array.from({ length }, () => Math.floor(rng.next() * 16).toString(16)).join("");

/** What a healthy service says, and the small troubles that never stop. */
const CALM: ((rng: Rng, node: string) => string)[] = [
  (r) => `INFO request completed method=GET status=200 duration_ms=${number(r, 8, 90)} trace=${hex(r, 16)}`,
  (r) => `INFO request completed method=POST status=201 duration_ms=${number(r, 12, 140)} trace=${hex(r, 16)}`,
  (r) => `DEBUG cache refreshed entries=${number(r, 900, 1_400)} took_ms=${number(r, 3, 30)}`,
  (r) => `INFO health check ok uptime_s=${number(r, 40_000, 900_000)}`,
  (r) => `WARN slow request duration_ms=${number(r, 900, 1_900)} threshold_ms=800 trace=${hex(r, 16)}`,
  (r) => `WARN client closed connection before response was sent trace=${hex(r, 16)}`,
  (r) => `INFO rotated log file /var/log/app/app.log.${number(r, 1, 9)}`,
];
const CALM_STORE: typeof CALM = [
  (r) =>
    `LOG: checkpoint complete: wrote ${number(r, 80, 900)} buffers; write=${number(r, 2, 28)}.${number(r, 100, 999)} s`,
  (r) => `LOG: automatic vacuum of table "public.events_${number(r, 1, 9)}": index scans: 1`,
  (r) =>
    `LOG: duration: ${number(r, 1_000, 1_700)}.${number(r, 100, 999)} ms statement: SELECT count(*) FROM audit_log`,
];
const CALM_HOST: typeof CALM = [
  (r) => `kubelet: Readiness probe for "toolbox-${hex(r, 5)}" failed: HTTP probe failed with statuscode: 503`,
  (r) =>
    `kubelet: Warning FreeDiskSpaceFailed failed to garbage collect required amount of images, freed ${number(r, 0, 900)} bytes`,
  (r) => `kernel: TCP: request_sock_TCP: Possible SYN flooding on port ${number(r, 30_000, 32_700)}. Sending cookies`,
];

/** What else is to be said in this slice: of a fault, or of something that has nothing to do with it. */
export interface Saying {
  node: string;
  perMinute: number;
  line: (rng: Rng) => string;
}

/** Writes lines of one slice: calm ones, what follows from the state of the system, and what is told besides. */
export function writeLines(rng: Rng, t: number, stepS: number, truths: Map<string, Truth>, sayings: Saying[]): Line[] {
  const lines: Line[] = [];
  const say = (node: string, perMinute: number, line: (rng: Rng) => string) => {
    for (let left = poisson(rng, (perMinute * stepS) / 60); left > 0; left--)
      lines.push({ t: t + Math.floor(rng.next() * stepS), node, line: line(rng) });
  };
  for (const truth of truths.values()) {
    const { node, down } = truth;
    if (down || node.kind === "external") continue;
    const words =
      node.kind === "host" ? CALM_HOST : node.kind === "service" || node.kind === "worker" ? CALM : CALM_STORE;
    say(node.id, CALM_PER_MINUTE, (r) => r.pick(words)(r, node.id));
    if (node.kind !== "service" && node.kind !== "worker") continue;
    for (const call of node.calls ?? []) {
      const callee = truths.get(call.to);
      const trouble = (share: number) => Math.min(FAILING_PER_MINUTE, share * truth.perSecond * (call.per ?? 1) * 6);
      if (truth.unreachable.includes(call.to) && (truth.timeouts[call.to] ?? 0) === 0)
        say(node.id, trouble(1), () => `ERROR request to ${call.to} failed: connect ECONNREFUSED`);
      const late = truth.timeouts[call.to] ?? 0;
      if (late > 0.001)
        say(
          node.id,
          trouble(late),
          (r) => `ERROR request to ${call.to} timed out attempt=${number(r, 1, 2)} trace=${hex(r, 16)}`,
        );
      if (callee && callee.fails > 0.01 && !truth.unreachable.includes(call.to) && callee.node.kind === "service")
        say(
          node.id,
          trouble(callee.fails) * 0.5,
          (r) => `ERROR upstream ${call.to} answered status=500 trace=${hex(r, 16)}`,
        );
    }
    for (const { to, refused, inUse, size } of truth.pools)
      if (refused > 0)
        say(node.id, Math.min(FAILING_PER_MINUTE, refused * truth.perSecond * 20), (r) => `ERROR could not get a connection to ${to} within 2000 ms (pool size ${size}, in use ${Math.round(inUse)}, waiting ${number(r, 5, 60)})`); // prettier-ignore
  }
  for (const { node, perMinute, line } of sayings) say(node, perMinute, line);
  return lines;
}

/** Knuth's method; the means here are small. */
function poisson(rng: Rng, mean: number): number {
  const limit = Math.exp(-mean);
  let [count, product] = [0, rng.next()];
  while (product > limit) {
    count += 1;
    product *= rng.next();
  }
  return count;
}
