import { z } from "zod";
import { createDocument, type oas31, type ZodOpenApiOperationObject, type ZodOpenApiPathItemObject } from "zod-openapi";
import { AGENT_TYPE, AGENT_TYPES } from "./agent-types";
import { AGENT, AGENT_COMMAND, AGENT_DIRECTIVE, AGENT_RUNS, AGENT_SERIES, AGENTS } from "./agents";
import { APPROVALS, BULK_DECISION, DECISION, DRY_RUN } from "./approvals";
import { CHANGE_PASSWORD, LINK, LINK_CHECK, SESSION, SIGN_IN, SIGN_OUT } from "./auth";
import { ALERT_SOURCE, ALERT_SOURCE_TEST, ALERT_SOURCES } from "./alert-sources";
import { ALERTS_ALERTMANAGER, ALERTS_DATADOG, ALERTS_GENERIC, ALERTS_GRAFANA, ALERTS_PAGERDUTY } from "./alerts";
import { CHANGES } from "./changes";
import { CHANGES_GITHUB } from "./github";
import { DRILL, DRILLS, SCENARIO_FIRE, SCENARIOS } from "./drills";
import { LOGS } from "./logs";
import { MAINTENANCE, MAINTENANCE_WINDOW, RUNBOOKS } from "./operations";
import { CAUSE_FEEDBACK, INCIDENT_BUNDLE, INCIDENT_STORY, SERVICE, SERVICE_SERIES, SERVICES } from "./services";
import { DEMO_FAULT, DEMO_FAULTS } from "./demo";
import { type Access, type Endpoint, METHODS, type Resource } from "./endpoint";
import { INCIDENT, INCIDENT_COMMAND, INCIDENTS } from "./incidents";
import { INGEST, REGISTER } from "./ingest";
import { KEY, KEYS } from "./keys";
import { TOKEN, TOKENS } from "./tokens";
import { CRON, EVENT_STREAM, HEALING, MEMORY, OVERVIEW, SETTINGS } from "./overview";
import { Problem } from "./problem";
import { USER, USER_LINK, USERS } from "./users";

/** Every resource of the API, in the order in which it is read. A new one is one name here; tests find what is missing. */
const RESOURCES = [
  OVERVIEW,
  AGENTS,
  AGENT,
  AGENT_SERIES,
  AGENT_RUNS,
  AGENT_COMMAND,
  AGENT_DIRECTIVE,
  REGISTER,
  INGEST,
  AGENT_TYPES,
  AGENT_TYPE,
  INCIDENTS,
  INCIDENT,
  INCIDENT_COMMAND,
  APPROVALS,
  DECISION,
  BULK_DECISION,
  DRY_RUN,
  HEALING,
  MEMORY,
  CHANGES,
  CHANGES_GITHUB,
  INCIDENT_STORY,
  INCIDENT_BUNDLE,
  CAUSE_FEEDBACK,
  SERVICES,
  SERVICE,
  SERVICE_SERIES,
  ALERTS_ALERTMANAGER,
  ALERTS_GRAFANA,
  ALERTS_GENERIC,
  ALERTS_PAGERDUTY,
  ALERTS_DATADOG,
  ALERT_SOURCES,
  ALERT_SOURCE,
  ALERT_SOURCE_TEST,
  MAINTENANCE,
  MAINTENANCE_WINDOW,
  LOGS,
  RUNBOOKS,
  SCENARIOS,
  SCENARIO_FIRE,
  DRILLS,
  DRILL,
  EVENT_STREAM,
  SETTINGS,
  CRON,
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
  DEMO_FAULTS,
  DEMO_FAULT,
] as const;
export const API: readonly Resource[] = RESOURCES;

/** The methods of each path, for the browser's client. */
export type EndpointsByPath = { [R in (typeof RESOURCES)[number] as R["path"]]: R["endpoints"] };

const SECURITY = {
  session: {
    type: "apiKey",
    in: "cookie",
    name: "sentinel.session_token",
    description: "A person's session. Behind https the cookie's name begins with __Secure-",
  },
  apiToken: {
    type: "http",
    scheme: "bearer",
    description: "An API token: reads with the role viewer, acts with the role operator, administers nothing",
  },
  ingestKey: { type: "http", scheme: "bearer", description: "An agent's ingest key" },
  cronSecret: { type: "http", scheme: "bearer", description: "CRON_SECRET" },
  alertSource: {
    type: "http",
    scheme: "bearer",
    description: "A source's token; also as X-Sentinel-Token, or as the password of basic authentication",
  },
  signature: {
    type: "apiKey",
    in: "header",
    name: "X-Hub-Signature-256",
    description: "HMAC-SHA256 over the body as it was sent; PagerDuty calls it X-PagerDuty-Signature",
  },
} as const satisfies Record<string, oas31.SecuritySchemeObject>;

const requirements = (access: Access, changes: boolean): oas31.SecurityRequirementObject[] => {
  switch (access) {
    case "public":
      return [{}];
    case "ingestKey":
    case "cronSecret":
    case "alertSource":
    case "signature":
      return [{ [access]: [] }];
    case "viewer":
      return changes ? [{ session: [] }] : [{ session: [] }, { apiToken: [] }];
    case "operator":
      return [{ session: [] }, { apiToken: [] }];
    case "admin":
      return [{ session: [] }];
  }
};

const accessOf = ({ auth }: Endpoint): readonly Access[] => (typeof auth === "string" ? [auth] : auth);

const PROBLEM = {
  description: "An error (RFC 9457)",
  content: { "application/problem+json": { schema: Problem } },
};

function operation(path: string, method: string, endpoint: Endpoint): ZodOpenApiOperationObject {
  const { summary, params, body, response, mediaType = "application/json" } = endpoint;
  const query = endpoint.drills ? (endpoint.query ?? z.object({})).extend({ drill: InDrill }) : endpoint.query;
  const access = accessOf(endpoint);
  const success = response ? { content: { [mediaType]: { schema: response } } } : {};
  return {
    operationId: `${method.toLowerCase()}${path.replace(/^\/api/, "").replace(/[^a-zA-Z0-9]+/g, "_")}`.replace(
      /_$/,
      "",
    ),
    summary,
    description: `For: ${access.join(" or ")}.`,
    tags: [path.replace(/^\/api\/(v1\/)?/, "").split("/")[0]!],
    security: access.flatMap((one) => requirements(one, method !== "GET")),
    ...(params || query ? { requestParams: { ...(params && { path: params }), ...(query && { query }) } } : {}),
    ...(body
      ? { requestBody: { required: true, content: { "application/json": { schema: endpoint.bodyDoc ?? body } } } }
      : {}),
    responses: { [response ? (endpoint.status ?? 200) : 204]: { description: "Done", ...success }, default: PROBLEM },
  };
}

const InDrill = z
  .string()
  .optional()
  .describe("ID of a drill: the request applies to its sandbox instead of the real system");

/** The OpenAPI 3.1 document of a list of resources. */
export function openApiDocument(resources: readonly Resource[] = API): oas31.OpenAPIObject {
  const paths: Record<string, ZodOpenApiPathItemObject> = {};
  for (const { path, endpoints } of resources) {
    const item: ZodOpenApiPathItemObject = (paths[path] ??= {});
    for (const method of METHODS) {
      const endpoint = endpoints[method];
      if (endpoint) Object.assign(item, { [method.toLowerCase()]: operation(path, method, endpoint) });
    }
  }
  return createDocument({
    openapi: "3.1.0",
    info: {
      title: "Sentinel",
      version: "1",
      description: "Watches AI agents and services, contains failures, heals with approval and measures the outcome.",
    },
    paths,
    components: { securitySchemes: SECURITY },
  });
}
