import { z } from "zod";
import { createDocument, type oas31, type ZodOpenApiOperationObject, type ZodOpenApiPathItemObject } from "zod-openapi";
import { type Access, type Endpoint, METHODS, type Resource } from "@/lib/contracts/endpoint";
import { Problem } from "@/lib/contracts/problem";
import { CHANGES_GITHUB } from "@/lib/ingest/sources/github/index";
import { ALERT_SENDERS } from "@/lib/ingest/sources/index";
import { CHANGES } from "@/lib/contracts/changes";
import { RESOURCES } from "@/lib/contracts/resources";
import { SERVICE_SERIES } from "@/lib/contracts/services";

/** Every resource of the API, in the order in which it is read. What senders report to stands behind what is read of it. */
export const API: readonly Resource[] = RESOURCES.flatMap((resource: Resource): Resource[] => {
  if (resource === CHANGES) return [resource, CHANGES_GITHUB];
  if (resource === SERVICE_SERIES) return [resource, ...Object.values(ALERT_SENDERS).map((sender) => sender.resource)];
  return [resource];
});

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
    description:
      "An API token: with the role viewer it can read, with the role operator also act; it can never administer. Over MCP either role reads, and the scope `hold` puts agents on hold",
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
  slackSignature: {
    type: "apiKey",
    in: "header",
    name: "X-Slack-Signature",
    description:
      "HMAC-SHA256 over time and body, with the signing secret of a notification channel of the kind Slack app",
  },
} as const satisfies Record<string, oas31.SecuritySchemeObject>;

const requirements = (access: Access, changes: boolean): oas31.SecurityRequirementObject[] => {
  switch (access) {
    case "public":
      return [{}];
    case "ingestKey":
    case "apiToken":
    case "cronSecret":
    case "alertSource":
    case "signature":
    case "slackSignature":
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
  // Addresses outside of /api are those of OTLP.
  const address = path.startsWith("/v1/") ? `/otlp${path}` : path.replace(/^\/api/, "");
  const success = response ? { content: { [mediaType]: { schema: response } } } : {};
  return {
    operationId: `${method.toLowerCase()}${address.replace(/[^a-zA-Z0-9]+/g, "_")}`.replace(/_$/, ""),
    summary,
    description: `For: ${access.join(" or ")}.`,
    tags: [address.replace(/^\/(v1\/)?/, "").split("/")[0]!],
    security: access.flatMap((one) => requirements(one, method !== "GET")),
    ...(params || query ? { requestParams: { ...(params && { path: params }), ...(query && { query }) } } : {}),
    ...(body
      ? {
          requestBody: {
            required: true,
            content: Object.fromEntries(
              (endpoint.rawBody ?? ["application/json"]).map((type) => [type, { schema: endpoint.bodyDoc ?? body }]),
            ),
          },
        }
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
