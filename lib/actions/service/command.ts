import type { CommandSpec } from "./entry";
import { type Execution, execute } from "./exec";
import type { OperationPorts, Performed } from "./operation";

/** What docker, kubectl, systemctl and their like need to find themselves, their configuration and their server. No secret of Sentinel's. */
const USUAL_ENV = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "LANG",
  "LC_ALL",
  "TZ",
  "TMPDIR",
  "XDG_RUNTIME_DIR",
  "DBUS_SESSION_BUS_ADDRESS",
  "DOCKER_HOST",
  "DOCKER_CONTEXT",
  "DOCKER_CONFIG",
  "DOCKER_CERT_PATH",
  "DOCKER_TLS_VERIFY",
  "KUBECONFIG",
] as const;

const environmentOf = ({ env: names }: CommandSpec, env: OperationPorts["env"], run: string): Record<string, string> =>
  Object.fromEntries([
    ...[...USUAL_ENV, ...names].flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
    ["SENTINEL_RUN", run],
  ]);

/** Runs the command. `ok` says that it ended with 0, which proves nothing about the service. */
export async function runCommand(spec: CommandSpec, { env }: OperationPorts, run: string): Promise<Performed> {
  const { argv, cwd, timeoutMs } = spec;
  const done = await execute({ argv, cwd, timeoutMs, env: environmentOf(spec, env, run) });
  return { ok: succeeded(done), detail: said(done, timeoutMs), result: { argv, ...done } };
}

/** The argv as it would run, and the output of the entry's own dry run if it has one. */
export async function dryRunCommand(spec: CommandSpec, { env }: OperationPorts): Promise<Performed> {
  const { argv, cwd, timeoutMs, dryRun } = spec;
  const would = `Would run ${JSON.stringify(argv)}`;
  if (dryRun === null) return { ok: true, detail: would, result: { argv, cwd } };
  const done = await execute({ argv: dryRun, cwd, timeoutMs, env: environmentOf(spec, env, "dry-run") });
  return {
    ok: succeeded(done),
    detail: `${would}. Its dry run: ${said(done, timeoutMs)}`,
    result: { argv, cwd, dryRun: { argv: dryRun, ...done } },
  };
}

const succeeded = (done: Execution) => done.kind === "ended" && done.code === 0 && !done.timedOut;

function said(done: Execution, timeoutMs: number): string {
  if (done.kind === "not_started") return `nothing was run: ${done.reason}`;
  if (done.timedOut) return `ended after ${timeoutMs} ms, its time limit; how far it got is unknown`;
  const last = (done.stderr.trim() || done.stdout.trim()).split("\n").at(-1)?.slice(0, 200) ?? "";
  const end = done.code === null ? `ended by ${done.signal}` : `exit code ${done.code} after ${done.ms} ms`;
  return done.code === 0 || last === "" ? end : `${end}: “${last}”`;
}
