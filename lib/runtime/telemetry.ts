import { onCommit } from "@/lib/db/commit";
import { env } from "@/lib/env";
import { log } from "@/lib/log";
import { onShutdown } from "@/lib/shutdown";
import { countEvents, tellTo } from "@/lib/telemetry/telemetry";

/** A collector that is down is told of this often, in ms. */
const TOLD_EVERY_MS = 10 * 60_000;

/**
 * Tells the collector of `OTEL_EXPORTER_OTLP_ENDPOINT` what this process does; without one, nothing is even loaded. Whatever
 * becomes of the collector, the process goes on. Returns how to end it, which shutdown does as well.
 */
export async function startTelemetry(): Promise<() => Promise<void>> {
  const e = env();
  const endpoint = e.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined) return async () => undefined;
  const { createSdk } = await import("@/lib/telemetry/sdk");
  let toldAt = -Infinity;
  const sdk = createSdk({
    endpoint,
    headers: e.OTEL_EXPORTER_OTLP_HEADERS ?? {},
    service: e.OTEL_SERVICE_NAME,
    intervalMs: e.OTEL_METRIC_EXPORT_INTERVAL,
    onFailure: (error) => {
      if (performance.now() - toldAt < TOLD_EVERY_MS) return;
      toldAt = performance.now();
      log().warn({ reason: error?.message ?? "unknown" }, "could not export telemetry to the OTLP endpoint");
    },
  });
  tellTo(sdk);
  const forget = onCommit(countEvents);
  const end = async () => {
    forget();
    tellTo(null);
    await sdk.close();
  };
  onShutdown(end);
  return end;
}
