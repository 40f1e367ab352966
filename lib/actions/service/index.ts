import {
  type ArgValue,
  type Checked,
  checkArgs,
  covers,
  fill,
  fillValue,
  fitting,
  isName,
  type Offer,
  openOf,
} from "@/lib/core/services/allow-list";
import type { CauseKind } from "@/lib/core/base/vocabulary";
import { type AllowList, undoArgs } from "./allow-list";
import { dryRunCommand, runCommand } from "./command";
import type { Occasion, OperationPorts, Performed, Prepared } from "./operation";
import type { Entry, Spec } from "./entry";
import { openChange, planChange } from "./change";
import { openRollback, planRollback } from "./rollback";
import { callWebhook, webhookBody } from "./webhook";

export type { OperationPorts } from "./operation";

/**
 * Whoever carries operations out. The real one reaches programs, webhooks and GitHub; a drill's knows its recording and
 * nothing else, so that no operation of a drill has a way into the real world.
 */
export interface Operator {
  world: "real" | "drill";
  /** See {@link perform}. */
  perform: (prepared: Prepared, how: { idempotencyKey: string; occasion?: Occasion | null }) => Promise<Performed>;
  /** See {@link dryRun}. */
  dryRun: (prepared: Prepared) => Promise<Performed>;
}

export const realOperator = (ports: OperationPorts): Operator => ({
  world: "real",
  perform: (prepared, how) => perform(prepared, ports, how),
  dryRun: (prepared) => dryRun(prepared, ports),
});

/** What the real world answers to an operation of a drill. */
const REPLAY_ONLY: Performed = {
  ok: false,
  detail: "nothing was run: this operation exists in a drill only",
  result: {},
};

/** What suits a cause on a service, the most fitting first (see `fitting`). Its arguments are the defaults; none is a legal answer. */
export function offersFor(list: AllowList, service: string, kind: CauseKind): Offer[] {
  if (!isName(service)) return [];
  const there = [...list.entries.values()].filter(({ services }) => services.some((p) => covers(p, service)));
  return fitting(there, kind).flatMap((entry) => {
    const prepared = prepare(list, entry.name, {}, service);
    if (!prepared.ok) return [];
    const { args, blastRadius, risk } = prepared.value;
    return {
      id: `${entry.name}@${service}`,
      action: entry.name,
      target: service,
      args,
      open: openOf(entry.params),
      risk,
      reason: `${entry.title} is listed as a remedy for ${kind.replaceAll("_", " ")}`,
      blastRadius,
      undo: undoText(list, entry),
    };
  });
}

/** An entry, its arguments and the service as one operation that can be run; or why not, in a sentence. */
export function prepare(
  list: AllowList,
  name: string,
  args: Readonly<Record<string, unknown>>,
  service: string,
): Checked<Prepared> {
  const entry = list.entries.get(name);
  if (entry === undefined) return { ok: false, reason: "it is not on the allow-list" };
  if (!isName(service)) return { ok: false, reason: "the service's name is not one that can be handed to a program" };
  if (!entry.services.some((pattern) => covers(pattern, service)))
    return { ok: false, reason: `the allow-list does not allow it on ${service}` };
  const checked = checkArgs(entry.params, args);
  if (!checked.ok) return checked;
  const values = { ...checked.value, service };
  const runs = filled(entry.spec, values);
  const repository: Record<string, ArgValue> =
    runs.kind === "open_rollback_pr" || runs.kind === "open_change_pr"
      ? { repository: `${runs.owner}/${runs.repo}` }
      : {};
  return {
    ok: true,
    value: {
      entry:
        entry.undo === null ? entry : { ...entry, undo: { action: entry.undo.action, args: undoArgs(entry, values) } },
      service,
      args: checked.value,
      kind: runs.kind,
      risk: entry.risk,
      reversible: entry.reversible,
      blastRadius: fill(entry.blastRadius, { ...values, ...repository }),
      destroysEvidence: entry.destroysEvidence,
      runs,
    },
  };
}

/** What exactly would run, and what the operation's own dry run says of it. Changes nothing; never throws for what the outside does. */
export async function dryRun(prepared: Prepared, ports: OperationPorts): Promise<Performed> {
  const { runs } = prepared;
  switch (runs.kind) {
    case "run_command":
      return dryRunCommand(runs, ports);
    case "call_webhook":
      return {
        ok: true,
        detail: `Would send a signed POST to ${runs.url}`,
        result: { url: runs.url, body: webhookBody(prepared, runs, "dry-run", ports.now()) },
      };
    case "open_rollback_pr":
      return planRollback(prepared, runs, ports);
    case "open_change_pr":
      return planChange(runs, ports);
    case "notify":
      return { ok: true, detail: "Would change nothing", result: {} };
    case "replay":
      return REPLAY_ONLY;
  }
}

/**
 * Carries it out. Never throws for what the outside does, and tries nothing twice. `idempotencyKey` (of the action's run)
 * goes along: as the webhook's id, the pull request's branch and the program's SENTINEL_RUN, so that whoever gets it twice
 * can tell.
 */
export async function perform(
  prepared: Prepared,
  ports: OperationPorts,
  { idempotencyKey, occasion = null }: { idempotencyKey: string; occasion?: Occasion | null },
): Promise<Performed> {
  const { runs } = prepared;
  switch (runs.kind) {
    case "run_command":
      return runCommand(runs, ports, idempotencyKey);
    case "call_webhook":
      return callWebhook(prepared, runs, ports, idempotencyKey);
    case "open_rollback_pr":
      return openRollback(prepared, runs, ports, { idempotencyKey, occasion });
    case "open_change_pr":
      return openChange(runs, ports, { idempotencyKey, occasion });
    case "notify":
      return { ok: true, detail: "Nothing was changed", result: {} };
    case "replay":
      return REPLAY_ONLY;
  }
}

function filled(spec: Spec, values: Record<string, ArgValue>): Spec {
  const put = (text: string) => fill(text, values);
  switch (spec.kind) {
    case "run_command":
      return { ...spec, argv: spec.argv.map(put), dryRun: spec.dryRun?.map(put) ?? null };
    case "call_webhook":
      return {
        ...spec,
        body: spec.body && Object.fromEntries(Object.entries(spec.body).map(([k, v]) => [k, fillValue(v, values)])),
      };
    case "open_rollback_pr":
      return { ...spec, paths: spec.paths.map(put) };
    case "open_change_pr":
      return { ...spec, change: put(spec.change) };
    case "notify":
      return spec;
    case "replay":
      return { ...spec, shown: spec.shown.map(put) };
  }
}

function undoText(list: AllowList, { undo, name }: Entry): string | null {
  if (undo === null) return null;
  return undo.action === name ? "Running it again reverts it" : (list.entries.get(undo.action)?.title ?? undo.action);
}
