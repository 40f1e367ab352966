import { queryOptions } from "@tanstack/react-query";
import { api } from "@/components/api";
import { keyIn } from "@/components/drills/keys";

export const approvalsQuery = (state: string | undefined, drill: string | null = null) =>
  queryOptions({
    queryKey: keyIn(drill, ["approvals", state ?? "all"]),
    queryFn: ({ signal }) => api.approvals(state, drill, signal),
  });
