import { describe, expect, test } from "vitest";
import { GROUP_WINDOW_MS, type GroupInput, type UngroupedAlert } from "./alert-group";
import { alert, group, incident, NOW } from "./test-alerts";

/** `services>primary` of each new incident. */
const opened = (...args: Parameters<typeof group>) =>
  group(...args)
    .opens.map(({ services, primary }) => `${services.join("+")}>${primary}`)
    .toSorted();

describe("which alerts are one incident", () => {
  const two = [alert("1", "a"), alert("2", "b")];
  const three = [...two, alert("3", "c")];
  const cases: [string, UngroupedAlert[], [string, string][], Partial<GroupInput>, string[]][] = [
    ["alerts of one service", [alert("1", "a"), alert("2", "a")], [], {}, ["a>a"]],
    [
      "services that have nothing to do with each other",
      two,
      [
        ["a", "x"],
        ["b", "y"],
      ],
      {},
      ["a>a", "b>b"],
    ],
    ["a caller and its dependency", two, [["a", "b"]], {}, ["a+b>b"]],
    [
      "a chain: the deepest is suspected",
      three,
      [
        ["a", "b"],
        ["b", "c"],
      ],
      {},
      ["a+b+c>c"],
    ],
    [
      "two callers of one failing dependency",
      three,
      [
        ["a", "c"],
        ["b", "c"],
      ],
      {},
      ["a+b+c>c"],
    ],
    [
      "a dependency measured unwell, without an alert",
      two,
      [
        ["a", "c"],
        ["b", "c"],
      ],
      { unhealthy: new Map([["c", NOW]]) },
      ["a+b>c"],
    ],
    [
      "two failing dependencies of one caller stay two",
      three,
      [
        ["a", "b"],
        ["a", "c"],
      ],
      {},
      ["a+b>b", "c>c"],
    ],
    [
      "a circle of calls",
      two,
      [
        ["a", "b"],
        ["b", "a"],
      ],
      {},
      ["a+b>a"],
    ],
    [
      "over a silent gateway",
      two,
      [
        ["a", "m"],
        ["m", "b"],
      ],
      {},
      ["a+b>b"],
    ],
    [
      "over a gateway that is well",
      two,
      [
        ["a", "m"],
        ["m", "b"],
      ],
      { healthy: new Set(["m"]) },
      ["a>a", "b>b"],
    ],
    [
      "over two silent services",
      two,
      [
        ["a", "m"],
        ["m", "n"],
        ["n", "b"],
      ],
      {},
      ["a+b>b"],
    ],
    [
      "over three silent services",
      two,
      [
        ["a", "m"],
        ["m", "n"],
        ["n", "o"],
        ["o", "b"],
      ],
      {},
      ["a>a", "b>b"],
    ],
    [
      "three callers of a silent dependency",
      three,
      [
        ["a", "d"],
        ["b", "d"],
        ["c", "d"],
      ],
      {},
      ["a+b+c>d"],
    ],
    [
      "three callers of a dependency that is well",
      three,
      [
        ["a", "d"],
        ["b", "d"],
        ["c", "d"],
      ],
      { healthy: new Set(["d"]) },
      ["a>a", "b>b", "c>c"],
    ],
    [
      "two callers of a silent dependency",
      two,
      [
        ["a", "d"],
        ["b", "d"],
      ],
      {},
      ["a>a", "b>b"],
    ],
    [
      "three callers of a silent dependency whose other callers are well",
      three,
      "abcefgh".split("").map((s): [string, string] => [s, "d"]),
      {},
      ["a>a", "b>b", "c>c"],
    ],
    [
      "of two silent dependencies the one whose callers all suffer",
      three,
      [
        ..."abc".split("").map((s): [string, string] => [s, "zdb"]),
        ..."abcef".split("").map((s): [string, string] => [s, "log"]),
      ],
      {},
      ["a+b+c>zdb"],
    ],
    ["a service that calls itself", [alert("1", "a")], [["a", "a"]], {}, ["a>a"]],
  ];
  test.each(cases)("%s", (_, alerts, edges, more, expected) => {
    expect(opened(alerts, edges, more)).toEqual(expected);
    expect(opened(alerts.toReversed(), edges.toReversed(), more)).toEqual(expected);
  });

  test.each([
    [GROUP_WINDOW_MS, ["a+b>b"]],
    [GROUP_WINDOW_MS + 1, ["a>a", "b>b"]],
  ])("a dependency whose alert came %i ms apart", (gap, expected) => {
    const late = { startsAt: NOW - gap };
    expect(opened([alert("1", "a"), alert("2", "b", late)], [["a", "b"]])).toEqual(expected);
    expect(opened([alert("1", "a", late), alert("2", "b")], [["a", "b"]])).toEqual(expected);
  });

  test("rivals that explain as much are named", () => {
    const edges = "abc".split("").flatMap((s): [string, string][] => [
      [s, "x"],
      [s, "y"],
    ]);
    expect(group([alert("1", "a"), alert("2", "b"), alert("3", "c")], edges).opens[0]?.suspects).toEqual(["x", "y"]);
  });

  test("of two roots the one that more suffer from, then the earlier", () => {
    const fan: [string, string][] = [
      ["a", "b"],
      ["a", "c"],
      ["x", "c"],
    ];
    const four = [...two, alert("3", "c"), alert("4", "x")];
    expect(opened(four, fan)).toEqual(["a+c+x>c", "b>b"]);
    const earlier = [alert("1", "a"), alert("2", "b"), alert("3", "c", { startsAt: NOW - 1 })];
    expect(opened(earlier, fan.slice(0, 2))).toEqual(["a+c>c", "b>b"]);
  });

  test("what came at another time is not reached over silent services, nor does it make them suspects", () => {
    const late = { startsAt: NOW - GROUP_WINDOW_MS - 1 };
    const over: [string, string][] = [
      ["a", "m"],
      ["m", "b"],
    ];
    expect(opened([alert("1", "a"), alert("2", "b", late)], over)).toEqual(["a>a", "b>b"]);
    const star = "abc".split("").map((s): [string, string] => [s, "d"]);
    expect(opened([...two, alert("3", "c", late)], star)).toEqual(["a>a", "b>b", "c>c"]);
  });

  test("a sender's clock that runs ahead does not part, nor move the onset beyond now", () => {
    const ahead = alert("2", "b", { startsAt: NOW + 86_400_000 });
    expect(opened([alert("1", "a"), ahead], [["a", "b"]])).toEqual(["a+b>b"]);
    expect(group([ahead]).opens[0]?.onsetAt).toBe(NOW);
  });
});

describe("open incidents", () => {
  const joins = (...args: Parameters<typeof group>) =>
    group(...args).joins.map(({ incidentId, alertIds, primary }) => `${alertIds.join("+")}>${incidentId}:${primary}`);
  const old = { openedAt: 0, onsetAt: 0, lastAlertAt: 0 };

  test("take in their own service at any time", () => {
    expect(joins([alert("1", "a")], [], { incidents: [incident("i", "a", old)] })).toEqual(["1>i:a"]);
  });
  test("take in callers and dependencies while they spread, not later", () => {
    const edges: [string, string][] = [
      ["a", "b"],
      ["b", "c"],
    ];
    expect(joins([alert("1", "a")], edges, { incidents: [incident("i", "b")] })).toEqual(["1>i:b"]);
    expect(joins([alert("1", "c")], edges, { incidents: [incident("i", "b")] })).toEqual(["1>i:c"]);
    expect(opened([alert("1", "a")], edges, { incidents: [incident("i", "b", old)] })).toEqual(["a>a"]);
  });
  test("do not take in what is unrelated", () => {
    expect(opened([alert("1", "x")], [["a", "b"]], { incidents: [incident("i", "b")] })).toEqual(["x>x"]);
  });
  test("that share a root merge into the older", () => {
    const incidents = [incident("young", "b", { openedAt: NOW - 1 }), incident("older", "a")];
    const { joins: joined, merges } = group(
      [alert("1", "d")],
      [
        ["a", "d"],
        ["b", "d"],
      ],
      { incidents },
    );
    expect(merges).toEqual([{ from: "young", into: "older" }]);
    expect(joined).toMatchObject([{ incidentId: "older", primary: "d" }]);
  });
  test("take in what comes for the younger while they merge", () => {
    const incidents = [incident("young", "b", { openedAt: NOW - 1 }), incident("older", "a")];
    const edges: [string, string][] = [
      ["a", "d"],
      ["b", "d"],
    ];
    expect(joins([alert("1", "b"), alert("2", "d")], edges, { incidents })).toEqual(["1+2>older:d"]);
  });
  test("do not merge when they came at different times; the latest goes on", () => {
    const incidents = [incident("young", "a"), incident("older", "a", old)];
    expect(group([], [], { incidents }).merges).toEqual([]);
    expect(joins([alert("1", "a")], [], { incidents })).toEqual(["1>young:a"]);
    expect(joins([alert("1", "c")], [["c", "a"]], { incidents })).toEqual(["1>young:a"]);
  });
  test("do not merge over a shared victim", () => {
    const incidents = [incident("i", "a", { services: ["a", "front"] }), incident("j", "b")];
    expect(
      group(
        [],
        [
          ["front", "a"],
          ["front", "b"],
        ],
        { incidents },
      ).merges,
    ).toEqual([]);
  });
  test("that are over absorb nothing: a new one links back", () => {
    expect(group([alert("1", "a", { previousIncidentId: "over" })])).toMatchObject({
      joins: [],
      opens: [{ previousIncidentId: "over" }],
    });
  });
  test("take in the same alert that fires again before they are over", () => {
    const again = alert("1", "moved", { previousIncidentId: "i" });
    expect(joins([again], [], { incidents: [incident("i", "a")] })).toEqual(["1>i:a"]);
  });
});

describe("what opens nothing by itself", () => {
  const window = { id: "w", service: "a*", labels: {}, startsAt: NOW - 1, endsAt: NOW + 1 };
  const info = { severity: "info" as const };
  test("maintenance, until it ends", () => {
    const records = [{ alertId: "1", muted: true, reason: "maintenance w" }];
    expect(group([alert("1", "a")], [], { maintenance: [window] })).toMatchObject({ opens: [], records });
    expect(opened([alert("1", "a")], [], { maintenance: [{ ...window, endsAt: NOW }] })).toEqual(["a>a"]);
  });
  test("a dependency under maintenance is still what its callers suffer from", () => {
    const result = group([alert("1", "a"), alert("2", "caller")], [["caller", "a"]], { maintenance: [window] });
    expect(result.opens).toMatchObject([{ primary: "a", alertIds: ["1", "2"] }]);
  });
  test("information, unless its service has more", () => {
    expect(group([alert("1", "a", info)])).toMatchObject({ opens: [], records: [{ alertId: "1", muted: false }] });
    expect(group([alert("1", "a", info), alert("2", "a")]).opens[0]?.alertIds).toEqual(["1", "2"]);
    const unhealthy = new Map([["a", NOW]]);
    expect(group([alert("1", "a", info)], [], { unhealthy })).toMatchObject({ opens: [], records: [{ alertId: "1" }] });
    const incidents = [incident("i", "b")];
    const along = group([alert("1", "a", info), alert("2", "a")], [["a", "b"]], { incidents });
    expect(along.joins).toMatchObject([{ incidentId: "i", alertIds: ["1", "2"] }]);
    expect(opened([alert("1", "a"), alert("2", "b", info)], [["a", "b"]])).toEqual(["a>a"]);
  });
});
