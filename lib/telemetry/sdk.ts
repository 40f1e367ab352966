import { randomUUID } from "node:crypto";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";

/** One export may take so long, in ms; then it is given up, and metrics are sent with the next one. */
const EXPORT_MS = 10_000;
/** What is left is sent when the process ends, for so long, in ms: a collector that hangs holds up no shutdown. */
const FLUSH_MS = 1_000;
/** Series of one metric: types of agents are named by senders. Beyond it they are one series, `otel.metric.overflow`. */
const MAX_SERIES = 500;
/** Spans that wait to be sent; while the collector is down, further ones are dropped. */
const MAX_SPANS = 2_048;

export interface SdkInput {
  /** Of the collector, without the signal's path. */
  endpoint: string;
  headers: Readonly<Record<string, string>>;
  service: string;
  intervalMs: number;
  /** Hears of exports that failed. */
  onFailure: (error: Error | undefined) => void;
}

export interface Sdk {
  meters: MeterProvider;
  tracers: BasicTracerProvider;
  /** Sends what is left, as far as the collector takes it within a second. */
  close: () => Promise<void>;
}

/** The official SDK with its exporters over OTLP/HTTP, protobuf. It works on timers of its own and never throws. */
export function createSdk({ endpoint, headers, service, intervalMs, onFailure }: SdkInput): Sdk {
  // Server and sweeper tell the same metrics: a process is an instance.
  const resource = resourceFromAttributes({ "service.name": service, "service.instance.id": randomUUID() });
  const to = (signal: string) => ({
    url: `${endpoint}/v1/${signal}`,
    headers: { ...headers },
    timeoutMillis: EXPORT_MS,
  });
  const reader = new PeriodicExportingMetricReader({
    exporter: heard(new OTLPMetricExporter(to("metrics")), onFailure),
    exportIntervalMillis: intervalMs,
    exportTimeoutMillis: Math.min(EXPORT_MS, intervalMs),
    cardinalityLimits: { default: MAX_SERIES },
  });
  const meters = new MeterProvider({ resource, readers: [reader] });
  const tracers = new BasicTracerProvider({
    resource,
    spanProcessors: [
      new BatchSpanProcessor(heard(new OTLPTraceExporter(to("traces")), onFailure), {
        maxQueueSize: MAX_SPANS,
        exportTimeoutMillis: EXPORT_MS,
      }),
    ],
  });
  const close = async () => {
    const left = Promise.allSettled([meters.shutdown(), tracers.shutdown()]);
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([left, new Promise((resolve) => (timer = setTimeout(resolve, FLUSH_MS)))]);
    clearTimeout(timer);
  };
  return { meters, tracers, close };
}

interface Exporter {
  export: (items: never, done: (result: { code: number; error?: Error }) => void) => void;
}

/** An exporter whose failures are heard of: by itself it says nothing. */
function heard<E extends Exporter>(exporter: E, onFailure: SdkInput["onFailure"]): E {
  const send: Exporter["export"] = exporter.export.bind(exporter);
  exporter.export = (items, done) =>
    send(items, (result) => {
      if (result.code !== 0) onFailure(result.error);
      done(result);
    });
  return exporter;
}
