import { queryOptions } from "@tanstack/react-query";
import { PATHS } from "@/lib/contracts/paths";
import { call } from "@/components/api";

/** Who is signed in. Apart from the hook, since the server reads its key too. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => call("GET", PATHS.SESSION, { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});
