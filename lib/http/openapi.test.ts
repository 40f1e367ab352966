import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { METHODS, type Resource, resource } from "@/lib/contracts/endpoint";
import { ALERT_SENDERS } from "@/lib/ingest/sources/index";
import { API, openApiDocument } from "./openapi";

const ROUTES = ["app/api", "app/v1"].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith("route.ts") && !file.includes("[..."))
    .map((file) => join(folder, file)),
);

/** Stands for a path of every sender. */
const SENDERS = "app/api/v1/alerts/[source]/route.ts";

/** `app/api/v1/keys/[id]/route.ts` as a path of OpenAPI. */
const pathOf = (file: string) => `/${dirname(file).slice("app/".length)}`.replace(/\[(\w+)\]/g, "{$1}");

describe("every route under app/api and app/v1 is in the document", () => {
  test("there are routes", () => expect(ROUTES.length).toBeGreaterThan(10));

  test.each(ROUTES.filter((file) => file !== SENDERS))("%s", async (file) => {
    const source = readFileSync(file, "utf8");
    const name = /export const \{ GET, POST, PUT, PATCH, DELETE \} = route\(\s*(\w+),/.exec(source)?.[1];
    expect(name, "exports what route() makes").toBeDefined();
    const from = new RegExp(`import \\{[^}]*\\b${name}\\b[^}]*\\} from "@/(lib/[\\w/-]+)"`).exec(source)?.[1];
    const contracts = (await import(/* @vite-ignore */ resolve(`${from}.ts`))) as Record<string, Resource>;
    const declared = contracts[name!];
    expect(declared?.path).toBe(pathOf(file));
    expect(API, `${name} is listed in API`).toContain(declared);
  });

  test.each(Object.entries(ALERT_SENDERS))(`${SENDERS}: %s`, async (source, { resource }) => {
    expect(ROUTES).toContain(SENDERS);
    expect(resource.path).toBe(pathOf(SENDERS).replace("{source}", source));
    expect(API, `${source} is listed in API`).toContain(resource);
  });
});

test("every path of the document has a route, and none is there twice", () => {
  const senders = Object.values(ALERT_SENDERS).map(({ resource }) => resource.path);
  const routes = new Set([...ROUTES.map(pathOf), ...senders]);
  expect(API.map(({ path }) => path).filter((path) => !routes.has(path))).toEqual([]);
  expect(new Set(API.map(({ path }) => path)).size).toBe(API.length);
});

test("the document is valid OpenAPI, and every method of every resource is in it", async () => {
  const document = openApiDocument();
  const result = await new Validator().validate(structuredClone(document) as never);
  expect(result).toMatchObject({ valid: true });
  for (const { path, endpoints } of API) {
    for (const method of METHODS.filter((m) => endpoints[m])) {
      expect(document.paths?.[path]).toHaveProperty(method.toLowerCase());
    }
  }
});

test("parameters in a path are declared, and operation ids differ", () => {
  const ids: string[] = [];
  for (const { path, endpoints } of API) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
    for (const method of METHODS) {
      const endpoint = endpoints[method];
      if (!endpoint) continue;
      expect(Object.keys(endpoint.params?.shape ?? {}).sort(), `${method} ${path}`).toEqual(named.sort());
      ids.push(`${method} ${path}`);
    }
  }
  const document = openApiDocument();
  const operations = Object.values(document.paths ?? {}).flatMap((item) => Object.values(item ?? {}));
  const operationIds = operations.map((operation) => (operation as { operationId: string }).operationId);
  expect(new Set(operationIds).size).toBe(ids.length);
});

test("every route that keys may use says which scope they need", () => {
  const open = (API as Resource[]).flatMap(({ path, endpoints }) =>
    Object.entries(endpoints).flatMap(([method, { auth, scope }]) =>
      [auth].flat().includes("ingestKey") && scope === undefined ? [`${method} ${path}`] : [],
    ),
  );
  expect(open).toEqual([]);
});

/** Never called: the compiler is the test. */
export function refused() {
  const endpoint = { auth: "viewer", summary: "s" } as const;
  // @ts-expect-error -- the path names an id that is not declared
  resource("/x/{id}", { GET: endpoint });
  // @ts-expect-error -- declared under another name
  resource("/x/{id}", { GET: { ...endpoint, params: z.object({ name: z.string() }) } });
  // @ts-expect-error -- the path names nothing
  resource("/x", { GET: { ...endpoint, params: z.object({ id: z.string() }) } });
}
