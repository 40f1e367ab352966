import type { z } from "zod";
import type { BundleChange } from "@/lib/core/evidence/bundle";
import { createAsk, type Endpoint, type Ports } from "./ask";
import { Deployment, KubeEventObject, Page, Pod, ReplicaSet } from "./kubernetes-objects";
import { couldNotLook, found, type Looked, unreadOf } from "./looked";

export interface KubernetesConfig extends Endpoint {
  /** The namespaces that may be looked into. */
  namespaces: string[];
}

/** Texts of these are untrusted. Times are epoch seconds. */
export interface KubeEvent {
  t: number;
  node: string;
  kind: string;
  object: string;
  warning: boolean;
  reason: string;
  message: string;
  count: number;
}

export interface Rollout {
  node: string;
  namespace: string;
  revision: number;
  images: string[];
  changeCause: string | null;
  replicas: { wanted: number; ready: number; updated: number; unavailable: number };
  /** What its Progressing condition says: `NewReplicaSetAvailable`, `ProgressDeadlineExceeded` … */
  progress: { ok: boolean; reason: string; message: string } | null;
  /** What was rolled out, and when, the oldest first; as changes they enter the change log. */
  changes: BundleChange[];
}

export interface Termination {
  node: string;
  pod: string;
  container: string;
  restarts: number;
  /** How it last ended; null when it never did. */
  last: { t: number | null; reason: string; exitCode: number; message: string } | null;
  /** Why it is not running now: `CrashLoopBackOff`, `ImagePullBackOff` …; null when it is. */
  waiting: string | null;
}

export interface Kubernetes {
  source: string;
  events(window: { from: number; to: number }, signal?: AbortSignal): Promise<Looked<KubeEvent[]>>;
  rollouts(signal?: AbortSignal): Promise<Looked<Rollout[]>>;
  terminations(signal?: AbortSignal): Promise<Looked<Termination[]>>;
}

const PAGE = 500;
/** Objects of one kind and namespace that are read: pages of {@link PAGE}. */
const MAX_PAGES = 4;
const MESSAGE_CHARS = 500;

/** Labels that name the service a pod belongs to: Kubernetes' recommended one, then the old custom. */
const NAME_LABELS = ["app.kubernetes.io/name", "app", "k8s-app"];
const REVISION = "deployment.kubernetes.io/revision";
/** Revisions that a replica set had before it was taken up again, with commas between. */
const REVISIONS_BEFORE = "deployment.kubernetes.io/revision-history";
const CHANGE_CAUSE = "kubernetes.io/change-cause";

type Meta = z.output<typeof Pod>["metadata"];

/**
 * Reader of one cluster over its REST API. Needs `get` and `list` on events, pods, deployments and replicasets, nothing more.
 * Give the service account's token as `bearer_file`, and `fetchTrusting(ca)` as fetch, for the cluster's own authority.
 */
export function createKubernetes(config: KubernetesConfig, ports: Ports): Kubernetes {
  const { source } = config;
  const ask = createAsk(config, ports);

  /** All objects of a kind in all namespaces. Objects of an unknown form are left out, and the answer is then truncated. */
  async function list<S extends z.ZodType>(
    schema: S,
    path: string,
    signal?: AbortSignal,
  ): Promise<Looked<z.output<S>[]>> {
    const items: z.output<S>[] = [];
    let truncated = false;
    for (const namespace of config.namespaces) {
      let next = "";
      for (let page = 0; page < MAX_PAGES; page++) {
        const query: [string, string][] = [["limit", String(PAGE)]];
        if (next) query.push(["continue", next]);
        const answer = await ask(path.replace("{ns}", encodeURIComponent(namespace)), { query, signal });
        // 410: what the page was to continue has expired; what came before stands.
        if (!answer.ok && answer.status === 410 && page > 0) break;
        if (!answer.ok) return couldNotLook(source, answer.reason);
        const parsed = Page.safeParse(answer.body);
        if (!parsed.success) return couldNotLook(source, "the answer is not a valid Kubernetes list");
        for (const item of parsed.data.items) {
          const object = schema.safeParse(item);
          if (object.success) items.push(object.data);
          else truncated = true;
        }
        next = parsed.data.metadata?.continue ?? "";
        if (!next) break;
      }
      truncated ||= next !== "";
    }
    return found(source, items, truncated);
  }

  return {
    source,
    async events({ from, to }, signal) {
      const [looked, deployments] = await Promise.all([
        list(KubeEventObject, "api/v1/namespaces/{ns}/events", signal),
        list(Deployment, "apis/apps/v1/namespaces/{ns}/deployments", signal),
      ]);
      if (!looked.ok) return looked;
      // Events name objects; where a deployment's label names its service otherwise, that is the node.
      const names = new Map(
        (deployments.ok ? deployments.value : []).map(({ metadata }) => [
          metadata.name,
          nodeOf(metadata, metadata.name),
        ]),
      );
      const events = looked.value.flatMap((event): KubeEvent[] => {
        const { series, metadata, involvedObject } = event;
        const t =
          seconds(series?.lastObservedTime) ??
          seconds(event.lastTimestamp) ??
          seconds(event.eventTime) ??
          seconds(event.firstTimestamp) ??
          seconds(metadata.creationTimestamp);
        if (t === null || t < from || t > to) return [];
        const owner = workload(involvedObject.kind, involvedObject.name);
        return [
          {
            t,
            node: names.get(owner) ?? owner,
            kind: involvedObject.kind,
            object: involvedObject.name,
            warning: event.type !== "Normal",
            reason: event.reason,
            message: event.message.slice(0, MESSAGE_CHARS),
            count: series?.count ?? event.count ?? 1,
          },
        ];
      });
      return found(
        source,
        events.sort((a, b) => a.t - b.t),
        looked.truncated,
        unreadOf([looked, deployments]),
      );
    },

    async rollouts(signal) {
      const deployments = await list(Deployment, "apis/apps/v1/namespaces/{ns}/deployments", signal);
      if (!deployments.ok) return deployments;
      const sets = await list(ReplicaSet, "apis/apps/v1/namespaces/{ns}/replicasets", signal);
      const rollouts = deployments.value.map((deployment): Rollout => {
        const { metadata, spec, status } = deployment;
        const progress = status.conditions.find(({ type }) => type === "Progressing");
        const own = (sets.ok ? sets.value : []).filter(
          (set) =>
            set.metadata.namespace === metadata.namespace &&
            set.metadata.ownerReferences.some(({ kind, name }) => kind === "Deployment" && name === metadata.name),
        );
        return {
          node: nodeOf(metadata, metadata.name),
          namespace: metadata.namespace,
          revision: Number(metadata.annotations[REVISION] ?? 0),
          images: spec.template.spec.containers.map(({ image }) => image),
          changeCause: metadata.annotations[CHANGE_CAUSE] ?? null,
          replicas: {
            wanted: spec.replicas,
            ready: status.readyReplicas,
            updated: status.updatedReplicas,
            unavailable: status.unavailableReplicas,
          },
          progress: progress
            ? { ok: progress.status === "True", reason: progress.reason, message: progress.message }
            : null,
          changes: changesOf(nodeOf(metadata, metadata.name), own, seconds(progress?.lastUpdateTime)),
        };
      });
      return found(
        source,
        rollouts,
        deployments.truncated || (sets.ok && sets.truncated),
        unreadOf([deployments, sets]),
      );
    },

    async terminations(signal) {
      const looked = await list(Pod, "api/v1/namespaces/{ns}/pods", signal);
      if (!looked.ok) return looked;
      const ended = looked.value.flatMap(({ metadata, status }) =>
        status.containerStatuses.flatMap((container): Termination[] => {
          const last = container.state?.terminated ?? container.lastState?.terminated;
          const waiting = container.state?.waiting;
          if (!last && !waiting && container.restartCount === 0) return [];
          return [
            {
              node: nodeOf(metadata, workload("Pod", metadata.name)),
              pod: metadata.name,
              container: container.name,
              restarts: container.restartCount,
              last: last
                ? {
                    t: seconds(last.finishedAt),
                    reason: last.reason,
                    exitCode: last.exitCode,
                    message: last.message.slice(0, MESSAGE_CHARS),
                  }
                : null,
              waiting: waiting?.reason ?? null,
            },
          ];
        }),
      );
      return found(source, ended, looked.truncated, unreadOf([looked]));
    },
  };
}

/**
 * What was rolled out and when. A replica set is as old as the first time its template was rolled out; a roll-back takes an old
 * one up again under a new revision, so a newest revision whose set is older than the one before it began with the
 * deployment's last progress.
 */
function changesOf(node: string, sets: z.output<typeof ReplicaSet>[], progressAt: number | null): BundleChange[] {
  const revisions = sets
    .map(({ metadata, spec }) => ({
      name: metadata.name,
      revision: Number(metadata.annotations[REVISION] ?? 0),
      earlier: (metadata.annotations[REVISIONS_BEFORE] ?? "").split(",").flatMap((text) => Number(text) || []),
      at: seconds(metadata.creationTimestamp),
      images: spec.template.spec.containers.map(({ image }) => image).join(", "),
      cause: metadata.annotations[CHANGE_CAUSE],
    }))
    .sort((a, b) => a.revision - b.revision);
  // One that was taken up again has a higher revision by now, and names those that it had.
  const held = revisions
    .flatMap((set) => [set.revision, ...set.earlier].map((as) => ({ as, set })))
    .sort((a, b) => b.as - a.as);
  return revisions
    .flatMap(({ name, revision, at, images, cause }, i): BundleChange[] => {
      const lower = revisions[i - 1];
      const again = lower?.at != null && at !== null && at < lower.at;
      const t = again ? (i === revisions.length - 1 ? progressAt : null) : at;
      if (t === null) return [];
      const before = held.find(({ as }) => as < revision)?.set;
      const from = before && before.images !== images ? `${before.images} → ` : "";
      const summary = `revision ${revision}: ${from}${images}${again ? ", an earlier one again" : ""}${cause ? ` (${cause})` : ""}`;
      // A set's name stands for its whole template: the same images may come with other settings.
      const what = { ...(before && { from: before.name }), to: name };
      return [{ t, node, kind: "deploy", summary: summary.slice(0, MESSAGE_CHARS), ...what }];
    })
    .sort((a, b) => a.t - b.t);
}

function nodeOf(metadata: Meta, otherwise: string): string {
  for (const label of NAME_LABELS) if (metadata.labels[label]) return metadata.labels[label];
  return otherwise;
}

/** The workload's name in a pod's or replica set's: theirs is it with a hash, and for pods five more characters, behind. */
function workload(kind: string, name: string): string {
  const hashed = kind === "Pod" ? name.replace(/-[bcdfghjklmnpqrstvwxz2456789]{5}$/, "") : name;
  return kind === "Pod" || kind === "ReplicaSet" ? hashed.replace(/-[bcdfghjklmnpqrstvwxz2456789]{6,10}$/, "") : name;
}

function seconds(time: string | null | undefined): number | null {
  const at = Date.parse(time ?? "");
  return Number.isFinite(at) ? at / 1_000 : null;
}
