import type { Analysis, Bundle, CauseHypothesis, Finding } from "@/lib/core/evidence/bundle";
import { onsetOf } from "@/lib/core/causes/onset";
import type { Blind, Refutation, Skepticism } from "./state";

/** What each refutation that was seen leaves of a confidence: a judgement, written down in one place. */
const KEPT = 0.6;
/** Scrapes and log clocks are this much apart, in seconds, before an order in time means something. */
const APART = 60;
/** What is weaker has no place in an order of events: ordinary lines and small moves are seen all the time. */
const CLEAR = 0.35;

/**
 * Tries to refute the first hypothesis: what would be seen if it were false, and was that looked at? Inconsistent evidence
 * counts, confirming evidence does not (analysis of competing hypotheses: Heuer 1999, ch. 8; strong inference: Platt 1964).
 * What was not there to look at is listed and lowers nothing: the analysis has not claimed it. The rival is put to the same
 * test, and takes the first place if it comes out ahead and something was seen against the first.
 */
export function doubt<H extends CauseHypothesis>(
  bundle: Bundle,
  analysis: Analysis,
  hypotheses: readonly H[],
  blind: readonly Blind[],
): { hypotheses: H[]; skepticism: Skepticism | null } {
  const [first, second, ...rest] = hypotheses;
  if (first === undefined) return { hypotheses: [], skepticism: null };
  const tested = test(bundle, analysis, first, second, blind);
  const rival = second && test(bundle, analysis, second, first, blind);
  const swapped = rival !== undefined && tested.seen > 0 && rival.hypothesis.confidence > tested.hypothesis.confidence;
  const ahead = rival === undefined ? [tested] : swapped ? [rival, tested] : [tested, rival];
  return {
    hypotheses: [...ahead.map(({ hypothesis }) => hypothesis), ...rest],
    skepticism: {
      about: first.statement,
      refutations: tested.refutations,
      confidence: { before: first.confidence, after: tested.hypothesis.confidence },
      swapped,
      separates: first.separates ?? second?.separates ?? null,
    },
  };
}

function test<H extends CauseHypothesis>(
  bundle: Bundle,
  analysis: Analysis,
  h: H,
  rival: CauseHypothesis | undefined,
  blind: readonly Blind[],
) {
  const cited = h.cites.flatMap((id) => analysis.findings.find((finding) => finding.id === id) ?? []);
  const refutations =
    h.node === null
      ? unnamed(h, blind)
      : [...ofKind(h.kind, h.node, bundle, analysis, cited), ...inTime(h.node, rival, analysis)];
  const seen = refutations.filter(({ result }) => result === "seen").length;
  return { refutations, seen, hypothesis: { ...h, confidence: h.confidence * KEPT ** seen } };
}

/** "No fault" is refuted by what was not looked at as little as it is supported by it: that is said. */
function unnamed(h: CauseHypothesis, blind: readonly Blind[]): Refutation[] {
  if (h.kind !== "no_fault") return [];
  const where = [...new Set(blind.map(({ source }) => source))].join(", ");
  return [
    blind.length === 0
      ? {
          wouldSee: "something outside its usual range",
          result: "not_seen",
          because: "every requested source was read",
        }
      : { wouldSee: "trouble in what could not be read", result: "not_looked", because: `could not read: ${where}` },
  ];
}

const OWN = new Set<Finding["kind"]>(["metric_shift", "trace", "log_template", "state", "dependency"]);

/** Each kind of trouble leaves traces of its own at its node; if they are missing although they could be seen, that speaks against it. */
function ofKind(
  kind: CauseHypothesis["kind"],
  node: string,
  bundle: Bundle,
  analysis: Analysis,
  cited: readonly Finding[],
): Refutation[] {
  const own = cited.filter((f) => f.node === node && OWN.has(f.kind) && f.strength > 0);
  const watched = bundle.metrics.some((m) => m.node === node) || bundle.spans.some((s) => s.node === node);
  const logged = bundle.logs.some((l) => l.node === node);
  const trace = (wouldSee: string, looked: boolean): Refutation =>
    own.length > 0
      ? { wouldSee, result: "not_seen", because: ids(own) }
      : looked
        ? { wouldSee, result: "seen", because: `${node} was read and none of its own signals changed` }
        : { wouldSee, result: "not_looked", because: `no data of ${node} itself could be read` };

  switch (kind) {
    case "deploy_regression":
    case "config_regression":
      return [beforeChange(node, analysis, cited)];
    case "dependency_failure":
      return [trace(`${node} itself behaving normally`, watched || logged), otherCallers(node, bundle, analysis)];
    case "resource_exhaustion":
    case "memory_leak":
      return [trace(`normal CPU, memory and saturation on ${node}`, watched)];
    case "overload":
      return [trace(`normal load on ${node}`, watched)];
    case "slow":
      return [trace(`${node} responding at its usual speed`, watched)];
    case "crash":
    case "failing":
      return [trace(`no errors, exits or restarts of ${node}`, watched || logged)];
    case "silent":
      return [stillReports(node, bundle, analysis)];
    case "no_fault":
    case "unknown":
      return [];
  }
}

function beforeChange(node: string, analysis: Analysis, cited: readonly Finding[]): Refutation {
  const wouldSee = "the problem starting before the change";
  const change = cited.find((f) => f.kind === "change" && f.node === node && f.at !== undefined);
  if (change?.at === undefined || analysis.onset === null)
    return {
      wouldSee,
      result: "not_looked",
      because: `the time of the change to ${node} or of the onset is unknown`,
    };
  return change.at > analysis.onset.to + APART
    ? { wouldSee, result: "seen", because: `${change.id} came after the onset` }
    : { wouldSee, result: "not_seen", because: `${change.id} came first` };
}

/** A dependency that fails hurts whoever calls it. */
function otherCallers(node: string, bundle: Bundle, analysis: Analysis): Refutation {
  const wouldSee = `other callers of ${node} being healthy`;
  const callers = bundle.edges.flatMap(([caller, callee]) =>
    callee === node && caller !== bundle.target.node ? [caller] : [],
  );
  const measured = callers.filter((caller) => bundle.metrics.some((m) => m.node === caller));
  const hurt = measured.filter((caller) =>
    analysis.findings.some((f) => f.node === caller && OWN.has(f.kind) && f.strength > 0),
  );
  if (measured.length === 0) return { wouldSee, result: "not_looked", because: "no other caller has metrics" };
  return hurt.length > 0
    ? { wouldSee, result: "not_seen", because: `${hurt.slice(0, 3).join(", ")} changed too` }
    : { wouldSee, result: "seen", because: `${measured.slice(0, 3).join(", ")} did not change` };
}

function stillReports(node: string, bundle: Bundle, analysis: Analysis): Refutation {
  const wouldSee = `${node} still reporting`;
  const until = analysis.onset?.to ?? bundle.target.at;
  const times = [
    ...bundle.metrics.flatMap((m) => (m.node === node ? (m.points.at(-1)?.[0] ?? []) : [])),
    ...bundle.logs.flatMap((l) => (l.node === node ? l.t : [])),
  ];
  const last = times.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const usual = [...bundle.normal.metrics, ...bundle.normal.logs].some((x) => x.node === node);
  if (last === Number.NEGATIVE_INFINITY && !usual)
    return { wouldSee, result: "not_looked", because: `no data of ${node} was ever read` };
  return last > until + APART
    ? { wouldSee, result: "seen", because: `it sent data ${Math.round(last - until)} s after the onset` }
    : { wouldSee, result: "not_seen", because: "it sent no data after the onset" };
}

/** A cause comes before its effects. */
function inTime(node: string, rival: CauseHypothesis | undefined, analysis: Analysis): Refutation[] {
  if (rival?.node == null || rival.node === node) return [];
  const since = (of: string) =>
    onsetOf(
      analysis.findings.flatMap(({ node: at, kind, strength, at: t }) =>
        at === of && OWN.has(kind) && strength >= CLEAR && t !== undefined ? [{ at: t, before: t, strength }] : [],
      ),
    )?.at ?? Number.POSITIVE_INFINITY;
  const [own, other] = [since(node), since(rival.node)];
  const wouldSee = `${rival.node} changing before ${node}`;
  if (own === Number.POSITIVE_INFINITY || other === Number.POSITIVE_INFINITY)
    return [{ wouldSee, result: "not_looked", because: "it is unknown when each of them changed" }];
  return [
    other < own - APART
      ? { wouldSee, result: "seen", because: `${rival.node} changed ${Math.round(own - other)} s earlier` }
      : { wouldSee, result: "not_seen", because: `${rival.node} did not clearly change first` },
  ];
}

const ids = (findings: readonly Finding[]) =>
  findings
    .slice(0, 3)
    .map(({ id }) => id)
    .join(", ");
