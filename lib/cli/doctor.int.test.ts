import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseEnv } from "@/lib/env";
import { json, serve, type TestServer } from "@/lib/evidence/test-server";
import { sources } from "./doctor";

/* One server plays Prometheus, Loki and Kubernetes: it lets in who shows the tenant and the token. */

let server: TestServer;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "sentinel-doctor-"));
  server = await serve(({ url = "", headers }, response) => {
    if (headers["x-scope-orgid"] !== "shop" && headers.authorization !== "Bearer good")
      return response.writeHead(401, { "content-type": "text/plain" }).end("no org id");
    if (url.startsWith("/loki/api/v1/labels")) return json(response, { status: "success", data: ["app"] });
    if (url.startsWith("/loki/"))
      return json(response, { status: "success", data: { resultType: "streams", result: [] } });
    if (url.includes("/events")) return json(response, { items: [], metadata: {} });
    return json(response, { status: "success", data: { resultType: "vector", result: [] } });
  });
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const examined = async (variables: Record<string, string>) =>
  (await sources(parseEnv(variables))).map(({ what, verdict, detail }) => `${verdict} ${what}: ${detail}`);
const tenant = '{"X-Scope-OrgID":"shop"}';

test("nothing is asked where nothing is named", async () => {
  expect(await examined({})).toEqual([]);
});

test("each source that can be read says so", async () => {
  writeFileSync(join(folder, "shop.log"), "2026-05-20T12:00:00Z started\n");
  expect(
    await examined({
      PROMETHEUS_URL: server.url,
      PROMETHEUS_HEADERS: tenant,
      SERVICE_LOGS_DIR: folder,
      LOKI_URL: server.url,
      LOKI_TOKEN: "good",
      LOKI_SERVICE_LABEL: "app",
      KUBERNETES_URL: server.url,
      KUBERNETES_TOKEN: "good",
      GITHUB_API_URL: server.url,
      GITHUB_READ_TOKEN: "good",
    }),
  ).toEqual(["prometheus", "log files", "loki", "kubernetes", "github"].map((source) => `ok ${source}: can be read`));
});

test.each<[string, (url: string) => Record<string, string>, RegExp]>([
  [
    "a Prometheus that lets nobody in",
    (url) => ({ PROMETHEUS_URL: url }),
    /^fail prometheus: could not be read: .*401.*no org id/,
  ],
  ["a Loki that lets nobody in", (url) => ({ LOKI_URL: url }), /^fail loki: could not be read: 401 no org id/],
  ["a wrong token", (url) => ({ LOKI_URL: url, LOKI_TOKEN: "bad" }), /^fail loki: .*401/],
  [
    "a wrong token of GitHub",
    (url) => ({ GITHUB_API_URL: url, GITHUB_TOKEN: "bad" }),
    /^fail github: could not be read: answered 401.*check GITHUB_READ_TOKEN or GITHUB_TOKEN/,
  ],
  [
    "a label that no stream has",
    (url) => ({ LOKI_URL: url, LOKI_HEADERS: tenant }),
    /^fail loki: .*no stream has the label service_name .*app.*LOKI_SERVICE_LABEL/,
  ],
  ["an address where nobody listens", () => ({ LOKI_URL: "http://127.0.0.1:9" }), /^fail loki: could not be read: \S/],
  [
    "a folder that is not there",
    () => ({ SERVICE_LOGS_DIR: "/nowhere/at/all" }),
    /^fail log files: could not be read: .*ENOENT/,
  ],
  [
    "a certificate that is not there",
    (url) => ({ KUBERNETES_URL: url, KUBERNETES_CA_FILE: "/nowhere.pem" }),
    /^fail kubernetes: could not be read: .*nowhere/,
  ],
])("%s is told with its reason", async (_, variables, told) => {
  expect(await examined(variables(server.url))).toEqual([expect.stringMatching(told)]);
});
