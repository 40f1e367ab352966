import { queryOptions } from "@tanstack/react-query";
import { api } from "@/components/api";

/** When a source last sent something moves without any message on the stream. */
const SOURCES_POLL_MS = 10_000;

export const settingsQuery = queryOptions({ queryKey: ["settings"], queryFn: ({ signal }) => api.settings(signal) });
export const agentTypesQuery = queryOptions({
  queryKey: ["agent-types"],
  queryFn: ({ signal }) => api.agentTypes(signal),
});
export const keysQuery = queryOptions({ queryKey: ["keys"], queryFn: ({ signal }) => api.keys(signal) });
export const tokensQuery = queryOptions({ queryKey: ["tokens"], queryFn: ({ signal }) => api.tokens(signal) });
export const usersQuery = queryOptions({ queryKey: ["users"], queryFn: ({ signal }) => api.users(signal) });
export const maintenanceQuery = queryOptions({
  queryKey: ["maintenance"],
  queryFn: ({ signal }) => api.maintenance(signal),
});
export const alertSourcesQuery = queryOptions({
  queryKey: ["alert-sources"],
  queryFn: ({ signal }) => api.alertSources(signal),
  refetchInterval: SOURCES_POLL_MS,
});
