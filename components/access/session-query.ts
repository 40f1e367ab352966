import { queryOptions } from "@tanstack/react-query";
import { api } from "@/components/api";

/** Who is signed in. Apart from the hook, since the server reads its key too. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => api.session(signal),
  staleTime: Number.POSITIVE_INFINITY,
});
