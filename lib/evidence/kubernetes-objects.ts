import { z } from "zod";

/** What is read of Kubernetes' objects (v1, apps/v1). The API server leaves out what is empty, and some lists are null. */

const list = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);
const texts = z
  .record(z.string(), z.string())
  .nullish()
  .transform((record) => record ?? {});

const Metadata = z.object({
  name: z.string(),
  namespace: z.string().default("default"),
  labels: texts,
  annotations: texts,
  creationTimestamp: z.string().nullish(),
  ownerReferences: list(z.object({ kind: z.string(), name: z.string() })),
});

const Template = z.object({
  spec: z.object({ containers: list(z.object({ name: z.string(), image: z.string().default("") })) }),
});

export const KubeEventObject = z.object({
  metadata: Metadata,
  involvedObject: z.object({ kind: z.string().default(""), name: z.string().default("") }),
  type: z.string().default("Normal"),
  reason: z.string().default(""),
  message: z.string().default(""),
  count: z.number().nullish(),
  firstTimestamp: z.string().nullish(),
  lastTimestamp: z.string().nullish(),
  eventTime: z.string().nullish(),
  series: z.object({ count: z.number().nullish(), lastObservedTime: z.string().nullish() }).nullish(),
});

export const Deployment = z.object({
  metadata: Metadata,
  spec: z.object({ replicas: z.number().default(1), template: Template }),
  status: z
    .object({
      readyReplicas: z.number().default(0),
      updatedReplicas: z.number().default(0),
      unavailableReplicas: z.number().default(0),
      conditions: list(
        z.object({
          type: z.string(),
          status: z.string(),
          reason: z.string().default(""),
          message: z.string().default(""),
          lastUpdateTime: z.string().nullish(),
        }),
      ),
    })
    .default({ readyReplicas: 0, updatedReplicas: 0, unavailableReplicas: 0, conditions: [] }),
});

export const ReplicaSet = z.object({
  metadata: Metadata,
  spec: z.object({ replicas: z.number().default(0), template: Template }),
});

const Terminated = z.object({
  reason: z.string().default(""),
  exitCode: z.number(),
  signal: z.number().nullish(),
  message: z.string().default(""),
  startedAt: z.string().nullish(),
  finishedAt: z.string().nullish(),
});
const ContainerState = z
  .object({
    terminated: Terminated.nullish(),
    waiting: z.object({ reason: z.string().default(""), message: z.string().default("") }).nullish(),
  })
  .nullish();

export const Pod = z.object({
  metadata: Metadata,
  status: z
    .object({
      phase: z.string().default("Unknown"),
      reason: z.string().default(""),
      containerStatuses: list(
        z.object({
          name: z.string(),
          restartCount: z.number().default(0),
          ready: z.boolean().default(false),
          state: ContainerState,
          lastState: ContainerState,
        }),
      ),
    })
    .default({ phase: "Unknown", reason: "", containerStatuses: [] }),
});

export const Page = z.object({
  metadata: z.object({ continue: z.string().nullish() }).nullish(),
  items: list(z.unknown()),
});
