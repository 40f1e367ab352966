import { queryOptions } from "@tanstack/react-query";
import { api } from "@/components/api";

export const memoryQuery = queryOptions({ queryKey: ["memory"], queryFn: ({ signal }) => api.memory(signal) });
