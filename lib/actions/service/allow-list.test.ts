import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CAUSE_KINDS } from "@/lib/core/base/vocabulary";
import { AllowListError, EMPTY_ALLOW_LIST, loadAllowList, type Means, parseAllowList } from "./allow-list";
import { offersFor, prepare } from "./index";
import { READY_MADE } from "./ready-made";

const MEANS: Means = {
  secrets: { default: `whsec_${Buffer.from("0123456789abcdef01234567").toString("base64")}` },
  github: true,
};
const COMMAND = {
  name: "turn",
  kind: "command",
  title: "Turn it",
  services: ["api"],
  remedies: ["slow"],
  argv: ["turn", "--on={service}", "{way}"],
  params: { way: { type: "enum", values: ["left", "right"], default: "left" } },
  risk: "reversible",
  blast_radius: "{service} turns {way}",
};
const WEBHOOK = { name: "call", kind: "webhook", title: "Call", services: ["*"], remedies: ["slow"], url: "https://example.com/x", risk: "none", blast_radius: "none" }; // prettier-ignore
const PULL = { name: "pull", kind: "rollback_pr", services: ["*"], remedies: ["deploy_regression"], owner: "o", repo: "r", paths: ["a/{service}/"] }; // prettier-ignore

const listOf = (...operations: unknown[]) => parseAllowList({ operations }, MEANS);
const problemsOf = (operations: unknown[], means = MEANS): readonly string[] => {
  try {
    parseAllowList({ operations }, means);
    return [];
  } catch (error) {
    if (error instanceof AllowListError) return error.problems;
    throw error;
  }
};

describe("a file that is wrong is refused, naming entry and field", () => {
  it.each([
    ["unknown kind", [{ ...COMMAND, kind: "shell" }], `entry "turn", kind`],
    ["unknown field", [{ ...COMMAND, shell: true }], `Unrecognized key: "shell"`],
    ["no name", [{ kind: "command" }], "entry number 1, name"],
    ["a name twice", [COMMAND, COMMAND], `entry "turn", name: is used twice`],
    ["notify", [{ ...COMMAND, name: "notify" }], `entry "notify", name: notify is built in`],
    ["no service", [{ ...COMMAND, services: [] }], `entry "turn", services`],
    ["odd service", [{ ...COMMAND, services: ["a;b"] }], `entry "turn", services[0]`],
    ["unknown remedy", [{ ...COMMAND, remedies: ["magic"] }], `entry "turn", remedies[0]`],
    ["unknown risk", [{ ...COMMAND, risk: "low" }], `entry "turn", risk`],
    ["no argv", [{ ...COMMAND, argv: [] }], `entry "turn", argv`],
    ["a command line", [{ ...COMMAND, argv: "turn left" }], `entry "turn", argv`],
    ["program as a parameter", [{ ...COMMAND, argv: ["{way}"] }], `entry "turn", argv[0]: the program cannot be a parameter`],
    ["relative program", [{ ...COMMAND, argv: ["./turn"] }], `entry "turn", argv[0]: must be an absolute path`],
    ["unknown placeholder", [{ ...COMMAND, argv: ["turn", "{speed}"] }], `entry "turn", argv[1]: {speed} is not a parameter`],
    ["placeholder in a script", [{ ...COMMAND, argv: ["sh", "-c", "turn {way}"] }], `entry "turn", argv[2]: a script cannot`],
    ["the same, further back", [{ ...COMMAND, argv: ["docker", "exec", "x", "/bin/bash", "-lc", "{way}"] }], `entry "turn", argv[5]`],
    ["dry run's placeholder", [{ ...COMMAND, dry_run: ["turn", "{speed}"] }], `entry "turn", dry_run[1]`],
    ["NUL", [{ ...COMMAND, argv: ["turn", "a\0b"] }], `entry "turn", argv[1]: must not contain control`],
    ["default outside", [{ ...COMMAND, params: { way: { type: "enum", values: ["left"], default: "up" } } }], `params.way.default`],
    ["an option as a value", [{ ...COMMAND, params: { way: { type: "enum", values: ["--force"], default: "--force" } } }], `params.way.values[0]`],
    ["a name like an option", [{ ...COMMAND, params: { way: { type: "name", default: "-f" } } }], `params.way.default`],
    ["negative numbers", [{ ...COMMAND, params: { way: { type: "int", min: -1, max: 1, default: 0 } } }], `params.way.min`],
    ["service as a parameter", [{ ...COMMAND, params: { service: { type: "name", default: "x" } } }], `entry "turn", params`],
    ["blast radius of nothing known", [{ ...COMMAND, blast_radius: "{all}" }], `entry "turn", blast_radius: {all}`],
    ["no time", [{ ...COMMAND, timeout_ms: 0 }], `entry "turn", timeout_ms`],
    ["too much time", [{ ...COMMAND, timeout_ms: 3_600_000 }], `entry "turn", timeout_ms`],
    ["undo by nothing", [{ ...COMMAND, undo: { action: "back" } }], `entry "turn", undo: there is no entry "back"`],
    ["undo for others", [{ ...COMMAND, services: ["*"], undo: { action: "back" } }, { ...COMMAND, name: "back" }], `entry "turn", undo: back does not cover *`],
    ["undo's argument", [{ ...COMMAND, undo: { action: "turn", args: { way: "up" } } }], `entry "turn", undo: turn: its argument way`],
    ["reversible against its risk", [{ ...COMMAND, risk: "destructive", reversible: true }], `entry "turn", reversible`],
    ["http elsewhere", [{ ...WEBHOOK, url: "http://example.com/" }], `entry "call", url: must be https`],
    ["http to a look-alike", [{ ...WEBHOOK, url: "http://127.0.0.1.example.com/" }], `entry "call", url`],
    ["a user in a URL", [{ ...WEBHOOK, url: "https://a:b@example.com/" }], `entry "call", url`],
    ["another protocol", [{ ...WEBHOOK, url: "file:///etc/passwd" }], `entry "call", url`],
    ["placeholder in a URL", [{ ...WEBHOOK, url: "https://example.com/{service}" }], `entry "call", url`],
    ["unknown secret", [{ ...WEBHOOK, secret: "other" }], `entry "call", secret: no usable secret "other"`],
    ["path out of the repository", [{ ...PULL, paths: ["a/../../b"] }], `entry "pull", paths[0]`],
    ["absolute path", [{ ...PULL, paths: ["/etc"] }], `entry "pull", paths[0]`],
    ["owner that is a path", [{ ...PULL, owner: "o/../x" }], `entry "pull", owner`],
    ["unknown ready-made", [{ ...COMMAND, use: "rm_rf" }], `entry "turn", use`],
    ["unknown setting", [{ name: "r", use: "docker_restart", services: ["*"], with: { file: "x" } }], `entry "r", with.file: docker_restart accepts only target`],
    ["scale without bounds", [{ name: "s", use: "kubectl_scale", services: ["*"] }], `entry "s", argv[2]: {replicas} is not a parameter`],
  ])("%s", (_, operations, problem) => {
    expect(problemsOf(operations).join("\n")).toContain(problem);
  }); // prettier-ignore

  it("with everything that is wrong, not only the first", () => {
    expect(problemsOf([{ ...COMMAND, risk: "low" }, { ...WEBHOOK, url: "x" }, 7])).toHaveLength(3);
  });
  it("and when it is no list at all", () => {
    expect(() => parseAllowList([], MEANS)).toThrow(/the file: /);
    expect(() => parseAllowList({ operations: {} }, MEANS)).toThrow(/operations: /);
  });
  it("and when what it needs is not configured", () => {
    expect(problemsOf([PULL], { ...MEANS, github: false })).toEqual([expect.stringContaining(`entry "pull", kind: pull requests need`)]); // prettier-ignore
    expect(problemsOf([WEBHOOK], { github: true, secrets: { default: "not a key" } })).toEqual([expect.stringContaining(`entry "call", secret`)]); // prettier-ignore
  });
  it("and when it cannot be read", async () => {
    await expect(loadAllowList("/nowhere/actions.json", MEANS)).rejects.toThrow(/\/nowhere\/actions\.json: ENOENT/);
  });
});

describe("ready-made entries", () => {
  it.each([
    ["docker_compose_restart", "docker compose restart api", "docker compose --dry-run restart api"],
    ["docker_compose_stop", "docker compose stop api", "docker compose --dry-run stop api"],
    ["docker_compose_up", "docker compose up --detach --no-build api", "docker compose --dry-run up --detach --no-build api"],
    ["docker_restart", "docker restart api", "docker inspect --format {{.Name}} {{.State.Status}} api"],
    ["docker_stop", "docker stop api", "docker inspect --format {{.Name}} {{.State.Status}} api"],
    ["kubectl_rollout_restart", "kubectl rollout restart deployment/api", "kubectl rollout status --watch=false deployment/api"],
    ["kubectl_rollout_undo", "kubectl rollout undo deployment/api", "kubectl rollout undo --dry-run=server deployment/api"],
    ["kubectl_scale", "kubectl scale --replicas=3 deployment/api", "kubectl scale --dry-run=server --replicas=3 deployment/api"],
    ["systemctl_restart", "systemctl --no-ask-password restart api.service", "systemctl show --property=Id,ActiveState,SubState api.service"],
  ])("%s is %s", (use, argv, dryRun) => {
    const params = use === "kubectl_scale" ? { replicas: { type: "int", min: 1, max: 9, default: 3 } } : {};
    const list = listOf({ name: "x", use, services: ["api"], params });
    const prepared = prepare(list, "x", {}, "api");
    if (!prepared.ok || prepared.value.runs.kind !== "run_command") throw new Error("is none");
    expect(prepared.value.runs.argv.join(" ")).toBe(argv);
    expect(prepared.value.runs.dryRun?.join(" ")).toBe(dryRun);
    expect(prepared.value.blastRadius).not.toMatch(/[{}]/);
    expect(CAUSE_KINDS.some((kind) => offersFor(list, "api", kind).length === 1)).toBe(true);
  }); // prettier-ignore
  it("are all in this table", () => {
    expect(Object.keys(READY_MADE)).toHaveLength(9);
  });
  it("take settings, and what the file says itself goes before", () => {
    const list = listOf({ name: "x", use: "docker_compose_restart", services: ["api"], with: { file: "/c.yaml", target: "web" }, title: "Kick", risk: "destructive", timeout_ms: 5_000 }); // prettier-ignore
    const prepared = prepare(list, "x", {}, "api");
    expect(prepared).toMatchObject({
      value: {
        risk: "destructive",
        reversible: false,
        entry: { title: "Kick" },
        runs: { argv: ["docker", "compose", "--file", "/c.yaml", "restart", "web"], timeoutMs: 5_000 },
      },
    });
  });
  it("undo themselves where running them again does", () => {
    expect(listOf({ name: "x", use: "kubectl_rollout_undo", services: ["*"] }).entries.get("x")?.undo).toEqual({ action: "x" }); // prettier-ignore
  });
});

describe("what is offered", () => {
  const list = listOf(
    { ...COMMAND, undo: { action: "turn", args: { way: "right" } } },
    { ...COMMAND, name: "stop", risk: "destructive" },
    { ...WEBHOOK, name: "later", remedies: ["crash", "slow"] },
    { ...COMMAND, name: "elsewhere", services: ["db"] },
  );
  it("suits cause and service, the most fitting first", () => {
    const offers = offersFor(list, "api", "slow");
    expect(offers.map(({ action }) => action)).toEqual(["turn", "stop", "later"]);
    expect(offers[0]).toEqual({
      id: "turn@api",
      action: "turn",
      target: "api",
      args: { way: "left" },
      open: { way: { oneOf: ["left", "right"] } },
      risk: "reversible",
      reason: "Turn it is listed as a remedy for slow",
      blastRadius: "api turns left",
      undo: "Running it again reverts it",
    });
    expect(offersFor(list, "api", "silent")).toEqual([]);
    expect(offersFor(EMPTY_ALLOW_LIST, "api", "slow")).toEqual([]);
  });
  it.each(["--privileged", "api; rm -rf /", "api\n", "аpi", "a/b", ""])(
    "nothing for a service called %j",
    (service) => {
      const all = listOf({ ...COMMAND, services: ["*"] });
      expect(offersFor(all, service, "slow")).toEqual([]);
      expect(prepare(all, "turn", {}, service)).toMatchObject({ ok: false });
    },
  );
});

describe("what is prepared", () => {
  const list = listOf({ ...COMMAND, undo: { action: "turn", args: { way: "{way}" } } });
  it("has its arguments, and its undo's, filled in", () => {
    expect(prepare(list, "turn", { way: "right" }, "api")).toMatchObject({
      ok: true,
      value: {
        args: { way: "right" },
        kind: "run_command",
        risk: "reversible",
        reversible: true,
        destroysEvidence: true,
        blastRadius: "api turns right",
        entry: { undo: { action: "turn", args: { way: "right" } } },
        runs: { argv: ["turn", "--on=api", "right"] },
      },
    });
  });
  it.each([
    ["rm", {}, "api", /not on the allow-list/],
    ["__proto__", {}, "api", /not on the allow-list/],
    ["turn", {}, "db", /does not allow it on db/],
    ["turn", { way: "up" }, "api", /way must be one of/],
    ["turn", { entry: "turn" }, "api", /no argument "entry"/],
  ])("%s with %j on %s is refused", (name, args, service, reason) => {
    expect(prepare(list, name, args, service)).toEqual({ ok: false, reason: expect.stringMatching(reason) });
  });
  it("knows notify without an entry", () => {
    expect(prepare(EMPTY_ALLOW_LIST, "notify", {}, "api")).toMatchObject({ ok: true, value: { kind: "notify", risk: "none" } }); // prettier-ignore
  });
  it("of which no secret can be read", () => {
    expect(JSON.stringify([...listOf(WEBHOOK).entries.values()])).not.toMatch(/whsec_|MDEyMzQ1/);
  });

  it("whatever the arguments are, no item but theirs changes, and none becomes two or an option", () => {
    const argv = ["turn", "--on={service}", "{way}", "--n={n}", "-x", "{what}", "plain {{.T}}", '{"json": 1}'];
    const params = { ...COMMAND.params, n: { type: "int", min: 0, max: 9, default: 1 }, what: { type: "name", default: "a" } }; // prettier-ignore
    const all = listOf({ ...COMMAND, services: ["*"], argv, params });
    const text = fc.oneof(
      { arbitrary: fc.stringMatching(/^[a-z\d][\w.-]{0,12}$/), weight: 6 },
      fc.string({ unit: "binary" }), fc.constantFrom("--privileged", "; rm -rf /", "a\nb", "a\0", "{n}", "-", "ａ")); // prettier-ignore
    const args = fc.record({ way: fc.oneof({ arbitrary: fc.constantFrom("left", "right"), weight: 3 }, text), n: fc.oneof({ arbitrary: fc.integer({ min: 0, max: 12 }), weight: 3 }, text), what: text }, { requiredKeys: [] }); // prettier-ignore
    let passed = 0;
    fc.assert(
      fc.property(args, text, (given, service) => {
        const prepared = prepare(all, "turn", given, service);
        if (!prepared.ok) return;
        passed += 1;
        if (prepared.value.runs.kind !== "run_command") throw new Error("is none");
        const made = prepared.value.runs.argv;
        expect(made).toHaveLength(argv.length);
        for (const [i, item] of argv.entries()) if (!/\{[a-z]+\}/.test(item)) expect(made[i]).toBe(item);
        expect(made[1]).toMatch(/^--on=[A-Za-z\d][\w.-]*$/);
        expect(made[2]).toMatch(/^(left|right)$/);
        expect(made[3]).toMatch(/^--n=\d$/);
        expect(made[5]).toMatch(/^[A-Za-z\d][\w.-]*$/);
      }),
      { numRuns: 5_000 },
    );
    expect(passed).toBeGreaterThan(500);
  });
});

it("the example is accepted, and offers something for every kind of cause", () => {
  const list = parseAllowList(JSON.parse(readFileSync("seeds/actions.example.json", "utf8")), MEANS);
  expect(list.entries.size).toBe(9);
  expect(offersFor(list, "checkout", "config_regression").map(({ action }) => action)).toEqual(["set-feature", "revert-release"]); // prettier-ignore
  expect(offersFor(list, "shop-api", "overload")[0]).toMatchObject({ action: "scale-deployment", open: { replicas: { min: 2, max: 8 } } }); // prettier-ignore
});
