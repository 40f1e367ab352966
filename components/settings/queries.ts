import { queryOptions } from "@tanstack/react-query";
import { PATHS } from "@/lib/contracts/paths";
import { call } from "@/components/api";

/** When a source last sent something moves without any message on the stream. */
const SOURCES_POLL_MS = 10_000;

export const settingsQuery = queryOptions({
  queryKey: ["settings"],
  queryFn: ({ signal }) => call("GET", PATHS.SETTINGS, { signal }),
});
export const agentTypesQuery = queryOptions({
  queryKey: ["agent-types"],
  queryFn: ({ signal }) => call("GET", PATHS.AGENT_TYPES, { signal }),
});
/** How far a preview is: asked often while one goes on, since nothing on the stream tells of it. */
const PREVIEW_POLL_MS = 1_000;
export const previewStandingQuery = queryOptions({
  queryKey: ["settings-preview"],
  queryFn: ({ signal }) => call("GET", PATHS.SETTINGS_PREVIEW, { signal }),
  refetchInterval: PREVIEW_POLL_MS,
});
export const keysQuery = queryOptions({
  queryKey: ["keys"],
  queryFn: ({ signal }) => call("GET", PATHS.KEYS, { signal }),
});
export const otlpRecordsQuery = queryOptions({
  queryKey: ["otlp-records"],
  queryFn: ({ signal }) => call("GET", PATHS.OTLP_RECORDS, { signal }),
  refetchInterval: SOURCES_POLL_MS,
});
/** The same while somebody waits for the first one. */
const FIRST_POLL_MS = 2_000;
export const firstRecordsQuery = queryOptions({ ...otlpRecordsQuery, refetchInterval: FIRST_POLL_MS });
export const tokensQuery = queryOptions({
  queryKey: ["tokens"],
  queryFn: ({ signal }) => call("GET", PATHS.TOKENS, { signal }),
});
export const slackAccountsQuery = queryOptions({
  queryKey: ["slack-accounts"],
  queryFn: ({ signal }) => call("GET", PATHS.SLACK_ACCOUNTS, { signal }),
});
export const usersQuery = queryOptions({
  queryKey: ["users"],
  queryFn: ({ signal }) => call("GET", PATHS.USERS, { signal }),
});
export const maintenanceQuery = queryOptions({
  queryKey: ["maintenance"],
  queryFn: ({ signal }) => call("GET", PATHS.MAINTENANCE, { signal }),
});
export const alertSourcesQuery = queryOptions({
  queryKey: ["alert-sources"],
  queryFn: ({ signal }) => call("GET", PATHS.ALERT_SOURCES, { signal }),
  refetchInterval: SOURCES_POLL_MS,
});
