import type { Readings } from "@/lib/core/services/signal-watch";
import { cpuLimitOf, instancesQuery, type SignalSpec, signalSpecs } from "@/lib/core/services/signals";
import type { Service } from "@/lib/db/queries/services";
import { withoutPause } from "@/lib/evidence/gate";
import { type Looked, reasonsText } from "@/lib/evidence/looked";
import type { Prometheus, Sample } from "@/lib/evidence/prometheus";
import { selector } from "@/lib/evidence/promql";
import type { ServiceConfig } from "@/lib/config/services";

/** One look at every service. */
export interface Measured {
  of: (service: Service) => Readings;
  /** Instances that are scraped, where they could be counted. */
  instances: ReadonlyMap<string, number>;
  /** Nothing that was asked was answered. */
  blind: boolean;
  /** What could not be read, by signal, the same reason once; null: everything was. */
  unread: string | null;
}

interface Question {
  spec: SignalSpec;
  key: string;
  /** One service that has metrics of its own; null: all with this label. */
  service: string | null;
  query: string;
}

/** The signals of a service as it is configured; `containerCores`: the CPU limit of its containers, where it is known. */
export function specsOf(
  { signals, overrides }: Pick<ServiceConfig, "signals" | "overrides">,
  service: string,
  containerCores?: number,
): readonly SignalSpec[] {
  const own = overrides.get(service);
  const limits = {
    ...signals.limits,
    ...(containerCores === undefined ? {} : { cpu: cpuLimitOf(containerCores) }),
    ...own?.limits,
  };
  return signalSpecs({ ...signals.metrics, ...own?.metrics }, limits);
}

/** The query of one service's own signal. */
export const queryOf = (spec: SignalSpec, service: Service, config: ServiceConfig): string =>
  spec.query(service.labelKey!, selector(service.labels).slice(1, -1), config.rateWindow);

/**
 * Asks for every signal of every service: one question a signal and kind of label, and one for each signal whose metrics a
 * service has named for itself. Each stands alone: what one cannot say is a problem of that signal and of nothing else. A service
 * that is absent from an answer in part may have been in the other part.
 */
export async function measure(
  prometheus: Prometheus,
  config: ServiceConfig,
  services: readonly Service[],
  now: number,
): Promise<Measured> {
  const keys = [...new Set(services.map(({ labelKey }) => labelKey!))];
  const ask = (query: string) => prometheus.instant(query, now / 1_000);
  const questions = [...keys.flatMap((key) => common(key, config)), ...services.flatMap((one) => special(one, config))];
  const [looks, counts] = await Promise.all([
    Promise.all(questions.map(async (question) => ({ question, looked: await ask(question.query) }))),
    Promise.all(keys.map(async (key) => ({ key, looked: await ask(instancesQuery(key, `${key}!=""`)) }))),
  ]);
  const answers = new Map(looks.map(({ question, looked }) => [idOf(question), answerOf(question.key, looked)]));
  const instances = new Map(counts.flatMap(({ key, looked }) => [...answerOf(key, looked).values]));
  return {
    of: (service) => readingsOf(service, config, answers),
    instances,
    blind: looks.length > 0 && looks.every(({ looked }) => !looked.ok),
    unread: reasonsText(
      looks.map(({ question: { spec, key }, looked }) => [spec.title, answerOf(key, looked).problem]),
    ),
  };
}

const common = (key: string, { signals, rateWindow }: ServiceConfig): Question[] =>
  signalSpecs(signals.metrics, signals.limits).map((spec) => ({
    spec,
    key,
    service: null,
    query: spec.query(key, `${key}!=""`, rateWindow),
  }));

/** Questions about one service that the common ones do not ask: those whose metrics are called otherwise. */
function special(service: Service, config: ServiceConfig): Question[] {
  if (config.overrides.get(service.id)?.metrics === undefined) return [];
  const usual = signalSpecs(config.signals.metrics, config.signals.limits);
  return specsOf(config, service.id).flatMap((spec, i): Question[] => {
    const query = queryOf(spec, service, config);
    if (query === queryOf(usual[i]!, service, config)) return [];
    return [{ spec, key: service.labelKey!, service: service.id, query }];
  });
}

const idOf = ({ spec, key, service }: Pick<Question, "spec" | "key" | "service">): string =>
  JSON.stringify([spec.name, key, service]);

interface Answer {
  /** By service. */
  values: ReadonlyMap<string, number>;
  problem: string | null;
}

function answerOf(key: string, looked: Looked<Sample[]>): Answer {
  if (!looked.ok) return { values: new Map(), problem: withoutPause(looked.reason) };
  const values = new Map(
    looked.value.flatMap(({ labels, value }): [string, number][] => (labels[key] ? [[labels[key], value]] : [])),
  );
  if (looked.missing) return { values, problem: looked.missing.map(({ reason }) => reason).join("; ") };
  return { values, problem: looked.truncated ? "there are more series than the limit; the rest were not read" : null };
}

function readingsOf(service: Service, config: ServiceConfig, answers: ReadonlyMap<string, Answer>): Readings {
  const values: Record<string, number> = {};
  const problems: Record<string, string> = {};
  for (const spec of specsOf(config, service.id)) {
    const key = service.labelKey!;
    const answer =
      answers.get(idOf({ spec, key, service: service.id })) ?? answers.get(idOf({ spec, key, service: null }));
    const value = answer?.values.get(service.id);
    if (value !== undefined) values[spec.name] = value;
    if (answer?.problem) problems[spec.name] = answer.problem;
  }
  return { values, problems };
}
