import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { env } from "@/lib/env";
import { DEMO_VARIABLES } from "@/lib/env-demo";
import { ensureBuild } from "./build";
import { type Child, fleet, next } from "./children";
import { TOKEN_HEADER } from "./faults";
import { claimFolder } from "./folder";
import { anyPort, freePort } from "./ports";
import { announceDeploy } from "./announce";
import { untilReady } from "./ready";
import { answerUnattended } from "./unattended";
import { startWatchedService } from "./watched-service";
import { makeWorld } from "./world";

/** As `npm start` has it, in ms: agents that rest for seconds, or a proxy, find their connection open. */
const KEEP_ALIVE_MS = "75000";

const HELP = `Shows Sentinel at work: builds it if needed, starts the server on its own database and fifteen agents with scheduled faults. A service, "target", runs alongside, monitored through Prometheus and Alertmanager if both are installed, and through a built-in scraper otherwise.

  --port N             port to listen on (default 3000, or the next free one above)
  --host H             address to listen on (default 127.0.0.1)
  --data DIR           the demo's folder; its database is emptied at each start (default ./data/demo, with --dev ./data/dev)
  --schedule demo|none inject faults on a schedule, or only manually (default demo)
  --unattended         keep injecting faults; an operator account of the demo answers what has waited for a minute
  --duration N         end after N seconds (default: RUN_DURATION_SECONDS, or never)
  --stretch N          multiply the schedule's intervals by N (default 1)
  --pace N             speed of the agents (default 1)
  --seed N             seed of the fleet's random choices (default 1)
  --built-in           always watch the service with the built-in scraper
  --dev                next dev instead of a build: pages and routes reload when a file changes
  --json               print one JSON object per line, for programs`;

interface Options {
  port: number;
  host: string;
  data: string;
  fleetArgs: string[];
  builtIn: boolean;
  unattended: boolean;
  /** ms; null: until somebody ends it. */
  durationMs: number | null;
  /** Run next dev, which compiles on demand and reloads, instead of a build. */
  dev: boolean;
  json: boolean;
}

function readOptions(): Options {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: {
      port: { ...text, default: "3000" }, host: { ...text, default: "127.0.0.1" }, data: text,
      schedule: { ...text, default: "demo" }, stretch: { ...text, default: "1" }, pace: { ...text, default: "1" }, seed: { ...text, default: "1" },
      unattended: { type: "boolean", default: false }, duration: text,
      "built-in": { type: "boolean", default: false }, dev: { type: "boolean", default: false }, json: { type: "boolean", default: false }, help: { type: "boolean", default: false },
    },
  }); // prettier-ignore
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Error(`--port must be a port, not ${values.port}`);
  const fleetArgs = (["schedule", "stretch", "pace", "seed"] as const).flatMap((name) => [`--${name}`, values[name]]);
  const { unattended } = values;
  if (unattended) fleetArgs.push("--repeat");
  const duration = DEMO_VARIABLES.RUN_DURATION_SECONDS.safeParse(values.duration ?? env().RUN_DURATION_SECONDS);
  if (!duration.success) throw new Error(`--duration: ${duration.error.issues[0]!.message}`);
  const durationMs = duration.data === undefined ? null : duration.data * 1_000;
  const { host, dev, json, data = dev ? "./data/dev" : "./data/demo" } = values;
  return { port, host, data, fleetArgs, builtIn: values["built-in"], unattended, durationMs, dev, json };
}

/** Ends everything in order, once: first who reports, then who listens. Nothing is decided on the way out. */
function createStop(release: () => void) {
  const children: { stop: () => Promise<void> }[] = [];
  let stopping: Promise<void> | null = null;
  const stop = () =>
    (stopping ??= (async () => {
      for (const child of children.toReversed()) await child.stop();
      release();
    })());
  return {
    stop,
    stopping: () => stopping !== null,
    add: (child: { stop: () => Promise<void> }) => void children.push(child),
  };
}

async function main() {
  const o = readOptions();
  const tell = (event: string, words: string, data: object = {}) =>
    console.log(o.json ? JSON.stringify({ event, ...data, ...(words && { words }) }) : words);
  const echo = (from: string) => (line: string) => {
    if (line.trim() !== "") tell("log", o.json ? line : `  ${line}`, { from });
  };

  const folder = claimFolder(o.data);
  const ending = createStop(folder.release);
  const end = () => void ending.stop().then(() => process.exit(0));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
  // Whoever read what is printed is gone, as with a closed terminal.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", end);

  /** Adds a child whose end ends the demo. */
  function keep(child: Child): Child {
    ending.add(child);
    const over = (why: string) => {
      if (ending.stopping()) return;
      console.error(`${child.name} ended (${why})`);
      void ending.stop().then(() => process.exit(1));
    };
    child.ended.then((code) => over(`code ${code ?? "none"}`)).catch((error: unknown) => over(String(error)));
    return child;
  }

  try {
    if (!o.dev) await ensureBuild(echo("build"));
    const world = await makeWorld(folder.databaseUrl);
    const port = await freePort(o.host, o.port);
    const origin = `http://${o.host === "127.0.0.1" ? "localhost" : o.host}:${port}`;
    const local = `http://${o.host === "0.0.0.0" ? "127.0.0.1" : o.host}:${port}`;
    const watched = await startWatchedService({
      folder: o.data,
      sentinel: local,
      alertToken: world.alertToken,
      builtIn: o.builtIn,
      keep,
      say: echo,
      onDeploy: (from, to, at) =>
        void announceDeploy(local, world.key, from, to, at).catch((error) => echo("target")(String(error))),
    });
    ending.add(watched);
    const control = { url: `http://127.0.0.1:${await anyPort()}`, token: randomBytes(24).toString("base64url") };

    const env = {
      LIBSQL_URL: folder.databaseUrl,
      LOG_LEVEL: "warn",
      // What a .env file says is meant for production; "" is not set.
      LIBSQL_AUTH_TOKEN: "",
      SENTINEL_URL: "",
      SWEEPER_ENABLED: "1",
      SENTINEL_DEMO_CONTROL_URL: control.url,
      SENTINEL_DEMO_CONTROL_TOKEN: control.token,
      ...watched.env,
    };
    const listen = ["-H", o.host, "-p", String(port)];
    const server = keep(
      o.dev
        ? next(["dev", ...listen], { ...env, NODE_ENV: "development" }, echo("server"))
        : next(["start", ...listen, "--keepAliveTimeout", KEEP_ALIVE_MS], env, echo("server")),
    );
    await untilReady(`${local}/readyz`, server);
    const link = await world.link(origin);
    const operator = o.unattended ? await world.operator() : null;
    world.close();
    const reach = [
      "--url",
      local,
      "--key",
      world.key,
      "--control-port",
      new URL(control.url).port,
      "--control-token",
      control.token,
    ];
    const agents = keep(fleet([...reach, ...o.fleetArgs], echo("fleet")));
    await untilReady(`${control.url}/catalog`, agents, { [TOKEN_HEADER]: control.token });
    const words = `\nSentinel runs at ${origin}\nSign in, once, within the hour: ${link}\nCtrl-C ends everything.\n`;
    if (operator !== null) {
      const over = new AbortController();
      const answering = answerUnattended({ url: local, token: operator, signal: over.signal }, echo("operator"));
      ending.add({ stop: () => (over.abort(), answering) });
    }
    if (o.durationMs !== null) setTimeout(end, o.durationMs).unref();
    tell("ready", o.json ? "" : words, { url: local, link, key: world.key, control, target: watched.target });
  } catch (error) {
    await ending.stop();
    throw error;
  }
}

main().catch((error: unknown) => {
  console.error(`demo: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});
