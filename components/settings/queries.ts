import { queryOptions } from "@tanstack/react-query";
import { api } from "@/components/api";

export const settingsQuery = queryOptions({ queryKey: ["settings"], queryFn: ({ signal }) => api.settings(signal) });
export const agentTypesQuery = queryOptions({
  queryKey: ["agent-types"],
  queryFn: ({ signal }) => api.agentTypes(signal),
});
export const keysQuery = queryOptions({ queryKey: ["keys"], queryFn: ({ signal }) => api.keys(signal) });
export const usersQuery = queryOptions({ queryKey: ["users"], queryFn: ({ signal }) => api.users(signal) });
