import { expect, it } from "vitest";
import { parseAllowList } from "@/lib/actions/service/allow-list";
import type { ChangeView } from "@/lib/contracts/changes";
import type { CauseView } from "@/lib/contracts/services";
import { CAUSE_KINDS } from "@/lib/core/base/vocabulary";
import { byHandOf } from "./by-hand";

const OPEN = { state: "escalated", opened_at: 1_000 } as const;
const cause = (more: Partial<CauseView>): CauseView =>
  ({ node: "checkout", kind: "deploy_regression", confidence: 0.6, ...more }) as CauseView;
const change = (more: Partial<ChangeView>): ChangeView =>
  ({ subject_id: "checkout", kind: "deploy", at: 900, from: "3.7.2", to: "3.8.0", ...more }) as ChangeView;
/** No operation was offered; one was. */
const NONE: NonNullable<Parameters<typeof byHandOf>[3]> = { proposal: null, considered: [] };
const OFFER = {
  id: "o1",
  action: "undo",
  target: "checkout",
  args: {},
  risk: "destructive",
  reason: "it suits",
} as const;
const PROPOSED = { offer: OFFER, args: {}, why: "it suits", chosenBy: "local", fromUntrustedText: [] };
const FOUND = { proposal: PROPOSED, considered: [] };
const OFFERED = { proposal: null, considered: [{ offer: OFFER, why: "only destructive actions are offered" }] };
const stepOf = (changes: ChangeView[]) => byHandOf(OPEN, cause({}), changes, NONE)?.step;

it("takes back the latest change of its kind before the incident", () => {
  expect(stepOf([])).toBe("roll checkout back to the version before");
  const others = [change({ at: 1_001, from: "late" }), change({ subject_id: "cart", from: "other" }), change({ kind: "config", at: 950 })]; // prettier-ignore
  expect(stepOf([...others, change({ at: 800, from: "3.7.1" }), change({})])).toBe("roll checkout back to 3.7.2");
});

it("looks at the latest change first where the cause says no more than that it fails, and offers to take that back", () => {
  const told = byHandOf(OPEN, cause({ kind: "failing" }), [change({ kind: "config", at: 800 }), change({})], NONE);
  expect(told?.step).toContain("roll checkout back to 3.7.2");
  expect(told?.entries.map(({ entry }) => entry["use"])).toEqual(["kubectl_rollout_undo"]);
});

it.each<[string, Parameters<typeof byHandOf>]>([
  ["an operation was found", [OPEN, cause({}), [], FOUND]],
  ["one was offered and not proposed", [OPEN, cause({}), [], OFFERED]],
  ["no investigation came to its end", [OPEN, cause({}), [], null]],
  ["there is no cause", [OPEN, undefined, [], NONE]],
  ["the cause is at no service", [OPEN, cause({ node: null }), [], NONE]],
  ["no cause is supported", [OPEN, cause({ kind: "unknown" }), [], NONE]],
  ["it only says that it is slow", [OPEN, cause({ kind: "slow" }), [], NONE]],
  ["it has ended", [{ ...OPEN, state: "resolved" }, cause({}), [], NONE]],
  ["what was done is being measured", [{ ...OPEN, state: "verifying" }, cause({}), [], NONE]],
])("offers nothing where %s", (_, given) => expect(byHandOf(...given)).toBe(null));

it.each(CAUSE_KINDS)("every entry for %s can be pasted as it stands", (kind) => {
  const { entries = [] } = byHandOf(OPEN, cause({ kind }), [], NONE) ?? {};
  const list = parseAllowList({ operations: entries.map(({ entry }) => entry) }, { secrets: {}, github: false });
  for (const { entry } of entries) expect(list.entries.get(String(entry["name"]))?.remedies).toContain(kind);
});

it("offers no entry for a service that the allow-list cannot name", () => {
  expect(byHandOf(OPEN, cause({ node: "shop*" }), [], NONE)?.entries).toEqual([]);
});
