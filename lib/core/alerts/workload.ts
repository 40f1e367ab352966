/**
 * Names of Kubernetes workloads, read off the names of the objects that controllers make for them.
 */

/** Letters and digits of names that Kubernetes generates: no vowels and nothing that is easily misread (`k8s.io/apimachinery/util/rand`). */
const SAFE = "[bcdfghjklmnpqrstvwxz2456789]";
/** A pod of a replica set: the template's hash (an encoded 32 bit number), then five random characters. */
const OF_REPLICA_SET = /^(.+?)-((?=[a-z]*\d)[a-z0-9]{6,10}|[bcdfghjklmnpqrstvwxz2456789]{8,10})-[a-z0-9]{5}$/;
const TEMPLATE_HASH = new RegExp(`^(.+?)-((?=[a-z]*\\d)[a-z0-9]{6,10}|${SAFE}{8,10})$`);
/** A pod of a daemon set or a job: five random characters. */
const OF_CONTROLLER = new RegExp(`^(.+)-${SAFE}{5}$`);
/** Words that five such characters may spell. */
const WORDS = /-(?:https|html5|grpcs)$/;
/** A pod of a stateful set, or the volume claim of one. */
const ORDINAL = /^(.+)-\d{1,4}$/;
/** A cron job's run: the scheduled time, in minutes (or, before Kubernetes 1.21, seconds) since 1970. */
const SCHEDULED = /^(.+)-\d{8,10}$/;
/** A revision of Knative. */
const REVISION = /^(.+)-\d{5}(?:-deployment)?$/;
/** What charts call the claim of a stateful set's pod, before its name. */
const CLAIM = /^(?:data|datadir|storage|volume|vol|pvc|persistence|db|pgdata|disk)-/;

const without = (name: string, pattern: RegExp): string | null => pattern.exec(name)?.[1] ?? null;

/** A job's name without the time that its cron job added. */
export const workloadOfJob = (job: string): string => without(job, SCHEDULED) ?? job;

/** A replica set's name without the hash of its template. */
export const workloadOfReplicaSet = (set: string): string => {
  const name = without(set, TEMPLATE_HASH) ?? set;
  return without(name, REVISION) ?? name;
};

/**
 * What a pod belongs to: a deployment's pod without the replica set's hash and its own suffix, a stateful set's without its
 * ordinal, a daemon set's or job's without its suffix. A name that no controller made stays as it is.
 */
export function workloadOfPod(pod: string): string {
  const deployed = without(pod, OF_REPLICA_SET);
  if (deployed !== null) return workloadOfJob(without(deployed, REVISION) ?? deployed);
  const made = WORDS.test(pod) ? null : without(pod, OF_CONTROLLER);
  if (made !== null) return workloadOfJob(made);
  return without(pod, ORDINAL) ?? pod;
}

/** What a volume claim belongs to: a stateful set's claim is named after its template, the set and the pod's ordinal. */
export function workloadOfClaim(claim: string): string {
  const set = without(claim, ORDINAL);
  return set === null ? claim : set.replace(CLAIM, "");
}

/** A horizontal pod autoscaler's name without what KEDA adds. */
export const workloadOfAutoscaler = (name: string): string => name.replace(/^keda-hpa-/, "");
