import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WatchedTarget } from "./test-watched-target";

describe("the built-in scraper", () => {
  let world: WatchedTarget;
  beforeAll(async () => {
    world = await WatchedTarget.start("built-in");
    await world.scraped("built-in", 4);
  });
  afterAll(() => world?.close());

  const ask = (path: string, query: Record<string, string>) => world.ask("built-in", path, query);

  it("answers ranges, labels and series", async () => {
    const now = Math.floor(Date.now() / 1000);
    const range = await ask("query_range", {
      query: "up",
      start: String(now),
      end: String(now + 10),
      step: "2",
    });
    expect(range.body.data?.result[0]?.metric).toEqual({ __name__: "up", instance: new URL(world.target.status().url).host, job: "target", service: "target" }); // prettier-ignore
    expect(range.body.data?.result[0]?.values?.map(([t]) => t)).toEqual([0, 2, 4, 6, 8, 10].map((s) => now + s));
    expect((await ask("label/job/values", {})).body.data).toEqual(["target"]);
    expect((await ask("labels", { "match[]": "up" })).body.data).toEqual(["__name__", "instance", "job", "service"]); // prettier-ignore
    expect((await ask("series", { "match[]": "build_info" })).body.data).toMatchObject([{ version: "1.4.0" }]); // prettier-ignore
    expect((await ask("targets", {})).body.data).toMatchObject({ activeTargets: [{ health: "up" }] });
  });
  it.each([
    ["rate(up)", /rate\(\) needs a range/],
    ["up[1m]", /a range selector must be passed to a function/],
    ["sum(", /parse error/],
    ["topk(3, up)", /topk is not supported/],
    ["up / on(job) group_left up", /group_left and group_right is not supported/],
    ["rate(up[1m:10s])", /a subquery is not supported|needs a range/],
    ['{job=~".*"}', /does not match the empty text/],
    ["up / on(job) nodejs_heap_space_size_used_bytes", /several series on one side/],
  ])("says what it does not understand: %s", async (query, why) => {
    const answer = await ask("query", { query });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ status: "error", errorType: "bad_data", error: expect.stringMatching(why) as string }); // prettier-ignore
  });

  it("tells of a crash, and of its end after a restart, once each", async () => {
    const [firing, ended] = await world.crash("built-in");
    for (const { token, body } of world.told) {
      expect(token).toBe("Bearer a-token");
      expect(body.version).toBe("4");
    }
    expect(firing.body).toMatchObject({ status: "firing", groupLabels: { service: "target" } });
    expect(firing.body.alerts[0]).toMatchObject({ labels: { alertname: "TargetDown", service: "target", severity: "critical" }, endsAt: "0001-01-01T00:00:00Z" }); // prettier-ignore
    expect(ended.body.alerts[0]).toMatchObject({ fingerprint: firing.body.alerts[0]?.fingerprint, startsAt: firing.body.alerts[0]?.startsAt }); // prettier-ignore
    await world.scraped("built-in", 3);
    expect(world.tellings("built-in", "TargetDown", "firing")).toHaveLength(1);
    expect(world.tellings("built-in", "TargetDown", "resolved")).toHaveLength(1);
  });
});
