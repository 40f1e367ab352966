import { queryOptions } from "@tanstack/react-query";
import { api } from "@/components/api";

export const approvalsQuery = (state: string | undefined) =>
  queryOptions({ queryKey: ["approvals", state ?? "all"], queryFn: ({ signal }) => api.approvals(state, signal) });
