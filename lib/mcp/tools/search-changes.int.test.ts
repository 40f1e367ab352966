import { afterEach, beforeEach, expect, test } from "vitest";
import { insert, NOW, openTestDb } from "@/lib/db/queries/test-world";
import type { Db } from "@/lib/db/client";
import { SEARCH_CHANGES } from "./search-changes";

let db: Db;
let close: () => Promise<void>;
beforeEach(async () => ({ db, close } = await openTestDb()));
afterEach(() => close());

const ask = async (input: object): Promise<{ changes: { id: string }[]; next_cursor: string | null }> =>
  (await SEARCH_CHANGES.run(SEARCH_CHANGES.input.parse(input), { db } as never)) as never;

test("changes of the same millisecond are all on some page, each once", async () => {
  const ids = Array.from({ length: 10 }, (_, i) => `c-${i}`);
  const row = (id: string, at: number) => ({ id, subjectKind: "agent" as const, subjectId: "a", source: "t", kind: "prompt" as const, at, createdAt: at, declared: true, status: "declared" as const }); // prettier-ignore
  await insert(db, "changes", [...ids.map((id) => row(id, NOW)), row("old", NOW - 1), row("older", NOW - 2)]);
  const seen: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await ask({ limit: 4, ...(cursor && { cursor }) });
    seen.push(...page.changes.map(({ id }) => id));
    cursor = page.next_cursor;
  }
  expect(seen).toEqual([...ids.toReversed(), "old", "older"]);
  expect(await ask({ limit: 12 })).toMatchObject({ next_cursor: null });
  await expect(ask({ cursor: "yesterday" })).rejects.toThrow("cursor must be `next_cursor` of a previous page");
});
