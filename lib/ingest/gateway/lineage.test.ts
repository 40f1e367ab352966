import { expect, it } from "vitest";
import { createLineages, PARENT_HEADER, ROOT_HEADER, RUNS_MAX } from "./lineage";

const rooted = (root: string) => new Headers({ [ROOT_HEADER]: root });
const NOTHING = new Headers();

it("remembers where runs belong, of each key for itself", () => {
  const lineageOf = createLineages();
  lineageOf("a", "child", rooted("root"));
  expect(lineageOf("a", "child", NOTHING)).toEqual({ rootRunId: "root", parentRunId: null });
  expect(lineageOf("b", "child", NOTHING)).toEqual({ rootRunId: null, parentRunId: null });
  expect(lineageOf("a", "grandchild", new Headers({ [PARENT_HEADER]: "child" }))).toEqual({ rootRunId: "root", parentRunId: "child" }); // prettier-ignore
});

it("forgets a key's least recent runs, and no other key's", () => {
  const lineageOf = createLineages();
  lineageOf("a", "first", rooted("root"));
  for (let i = 0; i < RUNS_MAX; i++) lineageOf("b", `run-${i}`, rooted("b-root"));
  expect(lineageOf("a", "first", NOTHING).rootRunId).toBe("root");
  lineageOf("b", "one more", rooted("b-root"));
  expect(lineageOf("b", "run-0", NOTHING).rootRunId).toBe(null);
  expect(lineageOf("b", "run-1", NOTHING).rootRunId).toBe("b-root");
});
