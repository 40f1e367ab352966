import { queryOptions } from "@tanstack/react-query";
import type { ApprovalState } from "@/lib/core/base/vocabulary";
import { PATHS } from "@/lib/contracts/paths";
import { call } from "@/components/api";
import { keyIn } from "@/components/drills/keys";

export const approvalsQuery = (state: ApprovalState | undefined, drill: string | null = null) =>
  queryOptions({
    queryKey: keyIn(drill, ["approvals", state ?? "all"]),
    queryFn: ({ signal }) => call("GET", PATHS.APPROVALS, { query: { state, drill }, signal }),
  });
