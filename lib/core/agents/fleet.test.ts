import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Member, sharedCauseWaitMs, SHARED_CAUSE, sharedCauses, type Suspect, isCorroborated } from "./fleet";
import type { AnomalyType } from "../base/vocabulary";

const member = (agentId: string, provider: string | null, model: string | null, tools: string[] = []): Member => ({
  agentId,
  provider,
  model,
  tools,
});
const fleet = (n: number, of: (i: number) => Member): Member[] => Array.from({ length: n }, (_, i) => of(i));
const suspect = (m: Member, at = 0, type: AnomalyType = "latency_spike", tools: string[] = []): Suspect => ({
  ...m,
  tools,
  at,
  type,
});
const text = (suspects: Suspect[], members: Member[], o = SHARED_CAUSE) =>
  sharedCauses(suspects, members, o).map((c) => `${c.dimension} ${c.value} ${c.agentIds.length} ${c.share.toFixed(2)}`);

describe("a provider's brown-out", () => {
  const agents = fleet(400, (i) => member(`a${i}`, "acme", `m${i % 4}`, ["search"]));

  it("of 400 agents is one cause that explains each of them", () => {
    const [cause, ...more] = sharedCauses(
      agents.map((m, i) => suspect(m, i * 50)),
      agents,
    );
    expect(more).toEqual([]);
    expect(cause).toMatchObject({ dimension: "provider", value: "acme", share: 1 });
    expect(cause?.agentIds.toSorted()).toEqual(agents.map((m) => m.agentId).toSorted());
  });

  it("stays one cause when only some were hit, unevenly over its models", () => {
    // 400, less the 134 multiples of 3, and again the 33 of those that are 9 modulo 12.
    const hit = agents.filter((_, i) => i % 3 !== 0 || i % 4 === 1);
    expect(
      text(
        hit.map((m) => suspect(m)),
        agents,
      ),
    ).toEqual(["provider acme 299 0.75"]);
  });

  it("takes stragglers along, as long as they keep coming", () => {
    const late = agents.map((m, i) => suspect(m, i < 200 ? 0 : 50_000 * (i - 199)));
    expect(text(late, agents)).toEqual(["provider acme 400 1.00"]);
  });
});

describe("shared causes", () => {
  const two = fleet(20, (i) => member(`a${i}`, i < 10 ? "p" : "q", i % 2 === 0 ? "even" : "odd", i < 4 ? ["db"] : []));
  const of = (p: (i: number) => boolean) => two.filter((_, i) => p(i));
  it.each<[string, Suspect[], string[]]>([
    ["nobody", [], []],
    ["two agents are chance", of((i) => i < 2).map((m) => suspect(m)), []],
    ["three of ten", of((i) => i === 5 || i === 6 || i === 8).map((m) => suspect(m)), ["provider p 3 0.30"]],
    ["everybody of a provider", of((i) => i < 10).map((m) => suspect(m)), ["provider p 10 1.00"]],
    ["one model at both providers", of((i) => i % 2 === 0).map((m) => suspect(m)), ["model even 10 1.00"]],
    ["a tool of four", of((i) => i < 4).map((m) => suspect(m, 0, "high_retry_rate", ["db"])), ["tool db 4 1.00"]],
    [
      "two causes at once",
      [
        ...of((i) => i < 4).map((m) => suspect(m, 0, "high_retry_rate", ["db"])),
        ...of((i) => i >= 10).map((m) => suspect(m)),
      ],
      ["provider q 10 1.00", "tool db 4 1.00"],
    ],
    ["several anomalies of one agent", [0, 1, 2].map((at) => suspect(two[0]!, at)), []],
    ["far apart in time", of((i) => i < 10).map((m, n) => suspect(m, n * 61_000)), []],
    ["token spikes never join", of((i) => i < 10).map((m) => suspect(m, 0, "token_spike")), []],
  ])("%s", (_, suspects, expected) => {
    expect(text(suspects, two)).toEqual(expected);
  });

  it("names the model when the provider's other users are well, but for one", () => {
    const members = fleet(40, (i) => member(`a${i}`, "p", i < 20 ? "sick" : "well"));
    const suspects = members.slice(0, 21).map((m) => suspect(m));
    expect(text(suspects, members)).toEqual(["model sick 20 1.00"]);
  });

  it("stays with the provider when enough of its other users have left too", () => {
    const members = fleet(60, (i) => member(`a${i}`, "p", i < 10 ? "sick" : "ailing"));
    const suspects = members.slice(0, 20).map((m) => suspect(m));
    expect(text(suspects, members)).toEqual(["provider p 20 0.33"]);
  });

  it("takes the forerunners along", () => {
    const members = fleet(7, (i) => member(`a${i}`, "p", null));
    const suspects = members.map((m, i) => suspect(m, [0, 50_000][i] ?? 100_000));
    expect(text(suspects, members)).toEqual(["provider p 7 1.00"]);
  });

  it("looks at the rest without those that are explained", () => {
    // 8 of the 12 users of a tool are down with their provider; of the other 4, 3 report the tool.
    const members = fleet(28, (i) => member(`a${i}`, i < 8 ? "q" : "r", null, i < 12 ? ["db"] : []));
    const down = members.slice(0, 8).map((m) => suspect(m));
    const slowTool = members.slice(8, 11).map((m) => suspect(m, 0, "latency_spike", ["db"]));
    expect(text([...down, ...slowTool], members)).toEqual(["provider q 8 1.00", "tool db 3 0.75"]);
  });

  it("asks for 30 % of those that share it: 3 of 10, not 3 of 11", () => {
    const some = (n: number) => fleet(n, (i) => member(`a${i}`, "p", null));
    const three = some(3).map((m) => suspect(m));
    expect(text(three, some(10))).toEqual(["provider p 3 0.30"]);
    expect(text(three, some(11))).toEqual([]);
  });

  it("counts a suspect that is no longer listed as live", () => {
    const three = fleet(3, (i) => member(`a${i}`, "p", null)).map((m) => suspect(m));
    expect(text(three, [])).toEqual(["provider p 3 1.00"]);
  });

  it("joins what is exactly a window apart, and not a millisecond more", () => {
    const members = fleet(3, (i) => member(`a${i}`, "p", null));
    const at = (last: number) => members.map((m, i) => suspect(m, i === 2 ? last : 0));
    expect(text(at(1000), members, { ...SHARED_CAUSE, windowMs: 1000 })).toEqual(["provider p 3 1.00"]);
    expect(text(at(1001), members, { ...SHARED_CAUSE, windowMs: 1000 })).toEqual([]);
  });

  it("ends under the loosest bounds", () => {
    const loose = { minAgents: 0, minShare: 0, minKeys: 0, windowMs: 0 };
    // Provider and model have ten users each: of equals the narrower is named.
    expect(text([suspect(two[0]!)], two, loose)).toEqual(["model even 1 0.10"]);
    expect(text([], two, loose)).toEqual([]);
  });

  it("puts each agent in one cause, which at least 3 agents and 30 % share, whatever the order", () => {
    const name = fc.constantFrom("x", "y", "z");
    const m = fc.record({
      agentId: fc.integer({ min: 0, max: 30 }).map((n) => `a${n}`),
      provider: fc.option(name),
      model: fc.option(name),
      tools: fc.subarray(["s", "t", "u"]),
    });
    const members = fc.uniqueArray(m, { selector: (x) => x.agentId, maxLength: 30 });
    fc.assert(
      fc.property(members, fc.array(fc.nat(200_000), { maxLength: 60 }), fc.nat(), (list, times, shift) => {
        const suspects = list.length === 0 ? [] : times.map((at, i) => suspect(list[(i * 7) % list.length]!, at));
        const causes = sharedCauses(suspects, list);
        const ids = causes.flatMap((c) => c.agentIds);
        expect(new Set(ids).size).toBe(ids.length);
        for (const c of causes) {
          expect(c.agentIds.length).toBeGreaterThanOrEqual(3);
          expect(c.share).toBeGreaterThanOrEqual(0.3);
          expect(c.share).toBeLessThanOrEqual(1);
        }
        const turned = suspects.map((_, i) => suspects[(i + shift) % suspects.length]!);
        expect(sharedCauses(turned, list.toReversed())).toEqual(causes);
      }),
    );
  });
});

describe("keys", () => {
  /** Agents of keys, as many as said: `{ a: [4, 10] }` are ten of key a, four of which are slow. */
  const of = (keys: Record<string, [suspects: number, users: number]>) => {
    const agents = Object.entries(keys).flatMap(([keyId, [, n]]) =>
      fleet(n, (i) => ({ ...member(`${keyId}${i}`, "acme", null), keyId })),
    );
    const suspects = agents.filter(({ agentId, keyId }) => Number(agentId.slice(1)) < keys[keyId!]![0]);
    return sharedCauses(
      suspects.map((m) => suspect(m)),
      agents,
    ).flatMap((cause) => cause.agentIds);
  };
  it.each<[string, Parameters<typeof of>[0], string[]]>([
    ["four of one key are a cause for themselves alone", { a: [4, 4], v: [1, 1] }, ["a0", "a1", "a2", "a3"]],
    ["however many they are", { a: [50, 50], v: [2, 2] }, Array.from({ length: 50 }, (_, i) => `a${i}`)],
    ["two keys with two each prove nothing", { a: [2, 2], v: [2, 2] }, []],
    ["two keys with three each, each for itself", { a: [3, 3], v: [3, 10] }, ["a0", "a1", "a2", "v0", "v1", "v2"]],
    ["a share is taken of the key's own agents", { a: [3, 3], v: [3, 11] }, ["a0", "a1", "a2"]],
    ["three keys of one agent each", { a: [1, 1], b: [1, 1], v: [1, 1] }, ["a0", "b0", "v0"]],
    [
      "three keys that suffer explain a fourth's",
      { a: [1, 1], b: [1, 2], c: [2, 2], v: [1, 9] },
      ["a0", "b0", "c0", "c1", "v0"],
    ],
    [
      "a key suffers in enough of its agents, not in one of many",
      { a: [4, 4], b: [1, 10], v: [1, 10] },
      ["a0", "a1", "a2", "a3"],
    ],
    [
      "three of many keys are chance",
      {
        a: [1, 1],
        b: [1, 1],
        c: [1, 1],
        d: [0, 1],
        e: [0, 1],
        f: [0, 1],
        g: [0, 1],
        h: [0, 1],
        i: [0, 1],
        j: [0, 1],
        v: [0, 1],
      },
      [],
    ],
  ])("%s", (_, keys, expected) => expect(of(keys).toSorted()).toEqual(expected.toSorted()));

  it("takes the calls of a tool for no symptom of the model", () => {
    const agents = fleet(3, (i) => member(`a${i}`, "acme", "m", [`tool${i}`]));
    const suspects = agents.map((m, i) => suspect(m, 0, "error_rate_spike", [`tool${i}`]));
    expect(text(suspects, agents)).toEqual([]);
  });

  it.each<[string, string | null, (string | null)[], number, boolean]>([
    ["two others of its own key", "v", ["v", "v"], 2, true],
    ["one other of its own key", "v", ["v"], 2, false],
    ["any number of one other key", "v", ["a", "a", "a", "a"], 2, false],
    ["one of its own and many of another", "v", ["v", "a", "a", "a"], 2, false],
    ["two other keys", "v", ["a", "b"], 2, true],
    ["nobody", "v", [], 1, false],
    ["agents without a key are one party", null, ["a", null, null], 2, true],
  ])("vouch: %s", (_, key, others, least, expected) => expect(isCorroborated(key, others, least)).toBe(expected));

  it("never lets one key's agents decide about another's: with and without them the same are explained", () => {
    const few = fc.integer({ min: 0, max: 2 });
    const share = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 6 }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), share, few, (puppets, [users, ill], more) => {
        const keys: Parameters<typeof of>[0] = { v: [Math.min(ill, users), users], w: [0, more + 1] };
        const theirs = (ids: string[]) => ids.filter((id) => !id.startsWith("a")).toSorted();
        expect(theirs(of({ ...keys, a: [puppets, puppets] }))).toEqual(theirs(of(keys)));
      }),
    );
  });
});

describe("runs that hang, which do not say in which call", () => {
  const users = fleet(20, (i) => member(`a${i}`, "acme", "m", i < 4 ? ["db", "search"] : ["search"]));
  const hangs = (those: Member[]) => those.map((m) => suspect(m, 0, "stuck_run", [...m.tools]));
  it.each<[string, Suspect[], string[]]>([
    ["of the tool's users alone hang on the tool", hangs(users.slice(0, 4)), ["tool db 4 1.00"]],
    ["of others as well hang on what all share", hangs(users.slice(0, 10)), ["tool search 10 0.50"]],
    ["and slow calls of the model hang on the model", [...hangs(users.slice(0, 4)), ...users.slice(4, 10).map((m) => suspect(m))], ["model m 10 0.50"]], // prettier-ignore
    ["of two agents are chance", hangs(users.slice(0, 2)), []],
  ])("%s", (_, suspects, expected) => expect(text(suspects, users)).toEqual(expected));
});

describe("how long a suspicion waits for others", () => {
  const slow = (value: number, at = 0) => ({ type: "latency_spike" as const, value, at });
  it.each<[string, Parameters<typeof sharedCauseWaitMs>[0], number]>([
    ["a failed call", [{ type: "error_rate_spike", value: 1, at: 0 }], 2_000],
    ["a slow call, as long again", [slow(3_300)], 5_300],
    ["the first of several", [slow(10_800, 9), { type: "high_retry_rate", value: 40_000, at: 0 }, slow(900, 5)], 2_900],
    ["a run that hangs, as long again as it has", [{ type: "stuck_run", value: 4_000, at: 0 }], 6_000],
    ["a call of many minutes, one window", [slow(600_000)], SHARED_CAUSE.windowMs],
    ["nothing", [], 2_000],
  ])("%s", (_, anomalies, ms) => expect(sharedCauseWaitMs(anomalies, 2_000)).toBe(ms));
});
