import { AGENT_TYPE, AGENT_TYPES } from "./agent-types";
import { AGENT_CONTENT } from "./agent-content";
import { AGENT, AGENT_DIRECTIVE, AGENTS } from "./agents";
import { AGENT_RUNS, AGENT_SERIES } from "./agent-activity";
import { AGENT_COMMAND } from "./agent-commands";
import { APPROVALS, BULK_DECISION, DECISION, DRY_RUN } from "./approvals";
import { BUDGET, BUDGET_DECISION, BUDGETS, SPEND } from "./budgets";
import { AUDIT, AUDIT_HEAD } from "./audit";
import { CHANGE_PASSWORD, LINK, LINK_CHECK, SESSION, SIGN_IN, SIGN_OUT } from "./auth";
import { ALERT_SOURCE, ALERT_SOURCE_TEST, ALERT_SOURCES } from "./alert-sources";
import { CHANGES } from "./changes";
import { DRILL, DRILLS, SCENARIO_FIRE, SCENARIOS } from "./drills";
import { HOOK } from "./hooks";
import { LOGS } from "./logs";
import { OTLP_LOGS, OTLP_METRICS, OTLP_RECORDS, OTLP_TRACES } from "./otlp";
import { MCP } from "./mcp";
import { MAINTENANCE, MAINTENANCE_WINDOW, RUNBOOKS } from "./operations";
import { CAUSE_FEEDBACK, INCIDENT_BUNDLE, INCIDENT_STORY, SERVICE, SERVICE_SERIES, SERVICES } from "./services";
import { DEMO_FAULT, DEMO_FAULTS } from "./demo";
import { INCIDENT_CASE } from "./frozen-case";
import { EVAL_COMMAND, EVAL_COMPARISON, EVAL_RUN, EVAL_RUNS } from "./eval-runs";
import { ASSIGNEES, INCIDENT, INCIDENT_COMMAND, INCIDENTS } from "./incidents";
import { INGEST, REGISTER } from "./ingest";
import { KEY, KEYS } from "./keys";
import { SETTINGS_PREVIEW } from "./settings-preview";
import { CHANNEL, CHANNEL_TEST, CHANNELS, NOTIFICATION_RESEND, NOTIFICATIONS } from "./notifications";
import { SLACK_ACCOUNT, SLACK_ACCOUNTS, SLACK_INTERACTIONS } from "./slack";
import { TOKEN, TOKENS } from "./tokens";
import { CRON, CRON_IMPROVE, EVENT_STREAM, HEALING, MEMORY, OVERVIEW, SETTINGS } from "./overview";
import { INCIDENT_SCORES, INCIDENT_VERDICT, SCORED_INCIDENTS } from "./scores";
import { USER, USER_LINK, USERS } from "./users";

/**
 * Every resource of the API but those that alert sources and GitHub send to, in the order in which they are read. A new one is one
 * name here; tests find what is missing.
 */
export const RESOURCES = [
  OVERVIEW,
  AGENTS,
  AGENT,
  AGENT_SERIES,
  AGENT_RUNS,
  AGENT_CONTENT,
  AGENT_COMMAND,
  AGENT_DIRECTIVE,
  REGISTER,
  INGEST,
  AGENT_TYPES,
  AGENT_TYPE,
  INCIDENTS,
  INCIDENT,
  INCIDENT_COMMAND,
  ASSIGNEES,
  INCIDENT_CASE,
  INCIDENT_SCORES,
  INCIDENT_VERDICT,
  SCORED_INCIDENTS,
  EVAL_RUNS,
  EVAL_RUN,
  EVAL_COMMAND,
  EVAL_COMPARISON,
  APPROVALS,
  DECISION,
  BULK_DECISION,
  DRY_RUN,
  HEALING,
  MEMORY,
  AUDIT,
  AUDIT_HEAD,
  CHANGES,
  INCIDENT_STORY,
  INCIDENT_BUNDLE,
  CAUSE_FEEDBACK,
  SERVICES,
  SERVICE,
  SERVICE_SERIES,
  ALERT_SOURCES,
  ALERT_SOURCE,
  ALERT_SOURCE_TEST,
  CHANNELS,
  CHANNEL,
  CHANNEL_TEST,
  NOTIFICATIONS,
  NOTIFICATION_RESEND,
  SLACK_INTERACTIONS,
  SLACK_ACCOUNTS,
  SLACK_ACCOUNT,
  MAINTENANCE,
  MAINTENANCE_WINDOW,
  LOGS,
  OTLP_TRACES,
  OTLP_METRICS,
  OTLP_LOGS,
  OTLP_RECORDS,
  HOOK,
  RUNBOOKS,
  SCENARIOS,
  SCENARIO_FIRE,
  DRILLS,
  DRILL,
  EVENT_STREAM,
  MCP,
  SETTINGS,
  SETTINGS_PREVIEW,
  CRON,
  CRON_IMPROVE,
  SESSION,
  SIGN_IN,
  SIGN_OUT,
  CHANGE_PASSWORD,
  LINK,
  LINK_CHECK,
  KEYS,
  KEY,
  TOKENS,
  TOKEN,
  USERS,
  USER,
  USER_LINK,
  SPEND,
  BUDGETS,
  BUDGET,
  BUDGET_DECISION,
  DEMO_FAULTS,
  DEMO_FAULT,
] as const;
/** The methods of each path, for the browser's client. */
export type EndpointsByPath = { [R in (typeof RESOURCES)[number] as R["path"]]: R["endpoints"] };
