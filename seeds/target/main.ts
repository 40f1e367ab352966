import { parseArgs } from "node:util";
import { destination, pino } from "pino";
import { createRng } from "../fleet/rng";
import { readConfig } from "./config";
import { createService } from "./service";

const HELP = `A small service for the demo to watch and break. It listens on loopback and logs JSON lines.

  --port N        port to listen on (default 8080)
  --version V     the version to run as (default 1.4.0; 2.x is bad on purpose)
  --config FILE   its configuration: {"store_timeout_ms": 250, "store_connections": 8}
  --seed N        seed of its random choices (default 1)`;

function options() {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: { port: { ...text, default: "8080" }, version: { ...text, default: "1.4.0" }, config: text, seed: { ...text, default: "1" }, help: { type: "boolean" } },
  }); // prettier-ignore
  if (values.help) {
    process.stdout.write(`${HELP}\n`);
    process.exit(0);
  }
  const port = Number(values.port);
  if (values.port === "" || !Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error("--port must be a port");
  if (!/^\d+\.\d+\.\d+$/.test(values.version)) throw new Error("--version must look like 1.4.0");
  return { port, version: values.version, config: readConfig(values.config), seed: Number(values.seed) || 1 };
}

async function main() {
  const { port, version, config, seed } = options();
  // Written at once: the last words before a crash are the ones that matter.
  const log = pino({ name: "target", base: { version } }, destination({ dest: 1, sync: true }));
  process.on("uncaughtException", (error) => {
    log.fatal({ err: error }, "uncaught exception");
    process.exit(1);
  });
  const service = createService({ version, config, rng: createRng(seed), log });
  await service.listen(port);
  log.info({ port: service.port(), ...config }, "listening");

  const stop = (signal: string) => {
    log.info({ signal }, "stopping");
    void service.stop().then(() => process.exit(0));
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
}

main().catch((error: unknown) => {
  process.stderr.write(`target: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
