import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { RESOURCES } from "@/lib/contracts/resources";
import { type Path, PATHS } from "@/lib/contracts/paths";
import { ApiError, call, href } from "./api";

afterEach(() => void vi.unstubAllGlobals());

/** Answers the next request, and gives what was sent. */
function answering(response: Response) {
  const fetched = vi.fn<typeof fetch>(async () => response);
  vi.stubGlobal("fetch", fetched);
  return () => fetched.mock.calls[0]! as [url: string, init: RequestInit];
}

test("every path has its contract, under the same name", () => {
  expect(RESOURCES.map(({ path }) => path).toSorted()).toEqual(Object.values(PATHS).toSorted());
});

test("the params that a contract declares fill its path", () => {
  for (const { path, endpoints } of RESOURCES)
    for (const endpoint of Object.values(endpoints)) {
      const params = Object.fromEntries(Object.keys(endpoint.params?.shape ?? {}).map((name) => [name, "a/b?c"]));
      const filled = (href as (path: string, request: object) => string)(path, { params });
      expect(filled, path).toBe(path.replaceAll(/\{\w+\}/g, "a%2Fb%3Fc"));
    }
});

test("params, query and body are sent where the contract has them; what is empty is left out", async () => {
  const sent = answering(Response.json({ id: "a", state: "approved", incident_id: "i" }));
  const body = { decision: "approve", digest: "d", comment: "ok" } as const;
  const answer = await call("POST", PATHS.DECISION, { params: { id: "a b" }, query: { drill: "x" }, body });
  expect(answer.state).toBe("approved");
  const [url, init] = sent();
  expect(url).toBe("/api/v1/approvals/a%20b/decision?drill=x");
  expect(init).toMatchObject({ method: "POST", body: JSON.stringify(body) });

  const listed = answering(Response.json({ incidents: [], total: 0 }));
  await call("GET", PATHS.INCIDENTS, { query: { agent: "", before: null, min_severity: 0, drill: null } });
  expect(listed()[0]).toBe("/api/v1/incidents?min_severity=0");
  expect(listed()[1].body).toBeUndefined();
});

test("a problem becomes an error in the server's words, with the fields it names", async () => {
  const problem = { type: "t", code: "invalid", title: "Invalid", status: 400, detail: "No", errors: [{ field: "name", reason: "is taken" }] }; // prettier-ignore
  answering(Response.json(problem, { status: 400 }));
  const error = await call("POST", PATHS.KEYS, { body: { name: "k" } }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ message: "No", status: 400 });
  expect((error as ApiError).field("name")).toBe("is taken");
});

/** Modules of the contracts that hold no schema. */
const LIGHT = new Set(["paths"]);

test("of the contracts the browser loads no schema, and so no zod: the rest is types", () => {
  const files = readdirSync("components", { recursive: true, encoding: "utf8" }).filter((file) =>
    /(?<!\.test)\.tsx?$/.test(file),
  );
  const loaded = files.flatMap((file) => {
    const source = readFileSync(join("components", file), "utf8");
    const imports = source.matchAll(/^import (?!type )[^;]*? from "(?:@\/lib\/contracts\/([\w-]+)|zod)"/gm);
    return [...imports].filter(([, module]) => !LIGHT.has(module!)).map(([line]) => `${file}: ${line}`);
  });
  expect(loaded).toEqual([]);
  expect(files.length).toBeGreaterThan(100);
});

/** Never called: the compiler is the test. */
export function refused(path: Path) {
  // @ts-expect-error -- a param of the path is missing
  void call("GET", PATHS.AGENT);
  // @ts-expect-error -- it has another name
  void call("GET", PATHS.AGENT, { params: { agent: "a" } });
  // @ts-expect-error -- this path has no such method
  void call("DELETE", PATHS.AGENT, { params: { id: "a" } });
  // @ts-expect-error -- not a value that the contract knows
  void call("POST", PATHS.AGENT_COMMAND, { params: { id: "a", command: "explode" }, body: {} });
  // @ts-expect-error -- the body lacks what the contract requires
  void call("POST", PATHS.DECISION, { params: { id: "a" }, body: { decision: "approve" } });
  // @ts-expect-error -- settings are not of a drill
  void call("GET", PATHS.SETTINGS, { query: { drill: "d" } });
  // @ts-expect-error -- not a field of the answer
  void call("GET", PATHS.SETTINGS).then((settings) => settings.volume);
  return path;
}
