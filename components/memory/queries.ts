import { queryOptions } from "@tanstack/react-query";
import { PATHS } from "@/lib/contracts/paths";
import { call } from "@/components/api";

export const memoryQuery = queryOptions({
  queryKey: ["memory"],
  queryFn: ({ signal }) => call("GET", PATHS.MEMORY, { signal }),
});
