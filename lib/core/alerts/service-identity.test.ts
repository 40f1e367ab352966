import { describe, expect, test } from "vitest";
import { environmentOf } from "./alert-service";
import { callsInPlaces, identify, type KnownService } from "./service-identity";

const api = (scope: KnownService["scope"], id = "api"): KnownService => ({ id, scope });
const ask = (known: KnownService[], ...scopes: KnownService["scope"][]) =>
  identify(
    scopes.map((scope) => ({ name: "api", scope })),
    known,
  );
const prod = { environment: "prod" };
const staging = { environment: "staging" };

describe("which service a name means", () => {
  test.each<[string, KnownService[], KnownService["scope"][], string[]]>([
    ["the first place has the plain name", [], [staging], ["api"]],
    ["a second place is a second service", [], [prod, staging], ["api", "api@staging"]],
    ["production takes the plain name of a message", [], [staging, prod], ["api@staging", "api"]],
    ["who says nothing means the plain name", [api(prod), api(staging, "api@staging")], [{}], ["api"]],
    [
      "a service that is known from elsewhere takes the first place that is said",
      [api({})],
      [staging, {}],
      ["api", "api"],
    ],
    ["a place that says more is still that place", [api(prod)], [{ ...prod, cluster: "eu" }], ["api"]],
    ["and what was said once counts", [api({ ...prod, cluster: "eu" })], [{ ...prod, cluster: "us" }], ["api@us"]],
    [
      "a second service is found again by its place",
      [api(prod), api(staging, "api@staging")],
      [{ ...staging, namespace: "shop" }],
      ["api@staging"],
    ],
    ["namespaces tell apart too", [], [{ namespace: "shop" }, { namespace: "bank" }], ["api", "api@bank"]],
    [
      "as much as is needed to tell apart is in the id",
      [api({ ...prod, cluster: "eu" }), api({ ...staging, cluster: "eu" }, "api@staging")],
      [{ ...staging, cluster: "us" }],
      ["api@staging/us"],
    ],
    ["a name with an @ of its own is no place", [api({}, "api@tty1")], [prod], ["api"]],
  ])("%s", (_, known, scopes, ids) => {
    const first = ask(known, ...scopes);
    expect(first.ids).toEqual(ids);
    // Asked again of what was learned, nothing is new.
    const learned = new Map([...known, ...first.learned].map((service) => [service.id, service]));
    expect(ask([...learned.values()], ...scopes)).toEqual({ ids, learned: [] });
  });
  test("other names are other services", () => {
    expect(
      identify(
        [
          { name: "a", scope: prod },
          { name: "b", scope: staging },
        ],
        [],
      ).ids,
    ).toEqual(["a", "b"]);
  });
});

test("services of one place call each other as their plain namesakes do", () => {
  const services = [
    { id: "shop", scope: prod },
    { id: "shop@staging", scope: staging },
    { id: "db", scope: prod },
    { id: "db@staging", scope: staging },
    { id: "shop@eu", scope: { cluster: "eu" } },
  ];
  expect(
    callsInPlaces(
      [
        ["shop", "db"],
        ["shop", "mail"],
      ],
      services,
    ),
  ).toEqual([
    ["shop", "db"],
    ["shop", "mail"],
    ["shop@staging", "db@staging"],
    ["shop@eu", "db"],
    ["shop@staging", "mail"],
    ["shop@eu", "mail"],
  ]);
});

describe("the environment that a deployment target stands for", () => {
  test.each([
    ["Production", "prod", true],
    ["Production – web", "prod", true],
    ["eu/staging-2", "staging", true],
    ["stg", "staging", true],
    ["QA", "qa", true],
    ["github-pages", "github-pages", false],
    ["reproduction", "reproduction", false],
    ["  ", "", false],
  ])("%s", (target, environment, usual) => {
    expect(environmentOf(target)).toEqual({ environment, usual });
  });
});
