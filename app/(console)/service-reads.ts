import { changesQuery } from "@/components/changes/queries";
import { runbooksQuery } from "@/components/runbooks/queries";
import { serviceQuery, servicesQuery } from "@/components/services/queries";
import { ChangesQuery } from "@/lib/contracts/changes";
import { listChanges } from "@/lib/db/queries/changes";
import { findServiceDetail, listRunbooks, servicesView } from "@/lib/views/services";
import { env } from "@/lib/env";
import type { Prefetch } from "./hydrated";

/** The queries of the services' screens, read on the server by the functions that answer the same requests. */
export const readServices: Prefetch = {
  queryKey: servicesQuery.queryKey,
  read: (db) => servicesView(db, env().PROMETHEUS_URL !== undefined),
};
export const readService = (id: string): Prefetch => ({
  queryKey: serviceQuery(id).queryKey,
  read: (db) => findServiceDetail(db, id),
});
export const readChanges = (filter: Parameters<typeof changesQuery>[0]): Prefetch => ({
  queryKey: changesQuery(filter).queryKey,
  read: async (db) => ({ changes: await listChanges(db, ChangesQuery.parse(filter)) }),
});
/** The list; a search in it is asked by the browser. */
export const readRunbooks: Prefetch = {
  queryKey: runbooksQuery("").queryKey,
  read: async (db) => ({ runbooks: await listRunbooks(db), sections: [] }),
};
