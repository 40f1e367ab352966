import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { createChaos } from "./chaos";
import { startControl } from "./control";
import { startFleet } from "./fleet";
import { DEMO_DAY, runSchedule } from "./schedule";

const HELP = `Runs fifteen agents that report to Sentinel.

  --url URL            Sentinel's URL (required)
  --key KEY            an ingest key (required)
  --control-port PORT  loopback port of the fault control (default: a free one)
  --control-token T    its token (default: a fresh one, printed)
  --pace N             speed of the agents (default 1)
  --schedule none|demo inject faults on a schedule, or only manually (default none)
  --repeat             begin the schedule again when it is over
  --stretch N          multiply the schedule's intervals by N (default 1)
  --seed N             seed of the fleet's random choices (default 1)`;

const positive = (name: string, text: string) => {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0)
    throw new Error(`--${name} must be a positive number, not ${JSON.stringify(text)}`);
  return value;
};

function options() {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: {
      url: text, key: text, "control-port": { ...text, default: "0" }, "control-token": { ...text, default: randomUUID() },
      pace: { ...text, default: "1" }, schedule: { ...text, default: "none" }, stretch: { ...text, default: "1" }, seed: { ...text, default: "1" },
      repeat: { type: "boolean", default: false }, help: { type: "boolean" },
    },
  }); // prettier-ignore
  if (values.help) {
    process.stdout.write(`${HELP}\n`);
    process.exit(0);
  }
  const { url, key, schedule } = values;
  if (!url || !key) throw new Error("--url and --key are required");
  if (schedule !== "none" && schedule !== "demo") throw new Error("--schedule must be none or demo");
  const port = Number(values["control-port"]);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error("--control-port must be a port");
  const numbers = {
    pace: positive("pace", values.pace),
    stretch: positive("stretch", values.stretch),
    seed: positive("seed", values.seed),
  };
  return { url, key, schedule, repeat: values.repeat, port, token: values["control-token"], ...numbers };
}

async function main() {
  const o = options();
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const fleet = await startFleet({ url: o.url, key: o.key, seed: o.seed, pace: o.pace, log: say });
  const chaos = createChaos(fleet);
  const control = await startControl(chaos, fleet, { port: o.port, token: o.token });
  say(JSON.stringify({ control: control.url, token: o.token, agents: fleet.hosts.size }));
  const stopSchedule =
    o.schedule === "demo" ? runSchedule(DEMO_DAY, chaos, { stretch: o.stretch, again: o.repeat }, say) : () => {};

  let stopping = false;
  async function stop() {
    if (stopping) return;
    stopping = true;
    stopSchedule();
    await control.stop();
    await fleet.stop();
    process.exit(0);
  }
  process.on("SIGINT", () => void stop());
  process.on("SIGTERM", () => void stop());
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
