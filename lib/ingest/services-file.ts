import { readFile } from "node:fs/promises";
import { z } from "zod";
import { GithubRule } from "./sources/github/parse";
import { identifier, nameText } from "@/lib/contracts/plain-text";
import { LIMITED_SIGNALS, METRIC_NAME } from "@/lib/core/services/signals";
import { type Db, type Statement, write } from "@/lib/db/client";
import { addEdge, describeService, enterService } from "@/lib/db/queries/services";
import type { SignalOverride } from "@/lib/config/services";
import { log } from "@/lib/log";

const id = identifier(200);
const name = nameText(200);
const metric = z.string().max(200).regex(METRIC_NAME, "must be a name of a metric or label");

/** What a file says of services: it adds and corrects what metrics, traces and alerts tell. */
const ServicesFile = z.strictObject({
  services: z
    .array(
      z.strictObject({
        id,
        kind: name.optional(),
        owner: name.optional(),
        depends_on: z.array(id).max(200).default([]),
        /** Fixed limits of its signals, in their units; null: none. */
        limits: z.partialRecord(z.enum(LIMITED_SIGNALS), z.number().positive().nullable()).optional(),
        /** What its metrics are called, where it is not as with the others. */
        metrics: z
          .strictObject({ cpu: metric, latency: metric, requests: metric, status: metric, memory: metric })
          .partial()
          .optional(),
      }),
    )
    .max(5_000),
  /** Which service an event of a repository changes. */
  github: z.array(GithubRule).max(1_000).default([]),
});

type ServicesFile = z.output<typeof ServicesFile>;

/** The file, checked; what is wrong with it is logged, with the field, and null. */
export async function readServicesFile(path: string): Promise<ServicesFile | null> {
  try {
    const parsed = ServicesFile.safeParse(JSON.parse(await readFile(path, "utf8")));
    if (parsed.success) return parsed.data;
    log().error({ problems: z.prettifyError(parsed.error) }, "the services' file is not valid");
  } catch (err) {
    log().error({ err }, "the services' file could not be read");
  }
  return null;
}

/**
 * Takes the file in: of services and their dependencies it adds and corrects, and removes nothing. Returns what it says of
 * signals, by service; null when it could not be read, and what was known before stands.
 */
export async function loadServicesFile(
  db: Db,
  path: string,
  now: number,
): Promise<ReadonlyMap<string, SignalOverride> | null> {
  const file = await readServicesFile(path);
  const statements = (file?.services ?? []).flatMap(({ id, kind, owner, depends_on: callees }): Statement[] => [
    enterService(db, id, "seed", now),
    ...(kind || owner ? [describeService(db, id, { ...(kind ? { kind } : {}), ...(owner ? { owner } : {}) })] : []),
    ...callees.flatMap((callee) => [enterService(db, callee, "seed", now), addEdge(id, callee, "seed", now)]),
  ]);
  if (statements.length > 0) await write(db, statements);
  if (file === null) return null;
  return new Map(
    file.services.flatMap(({ id, limits, metrics }) => (limits || metrics ? [[id, { limits, metrics }]] : [])),
  );
}
