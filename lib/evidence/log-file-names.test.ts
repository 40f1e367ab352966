import { expect, test } from "vitest";
import { filesOf } from "./log-file-names";

const of = (service: string, ...names: string[]) =>
  filesOf(names.map((name) => ({ name })), service).map(({ name }) => name); // prettier-ignore

test.each([
  "shop", "shop.log", "shop.LOG", "shop.log.1", "shop.log.1.gz", "shop.log-20260520", "shop.log-20260520.gz", "shop-20260520.log",
  "shop-2026-05-20.log.1", "shop_2026-05-20.log", "shop.2026-05-20.log", "shop.2026-05-20.0.log.gz", "shop.log.2026-05-20-12",
  "shop-2026-05-20T12-30-01.123.log.gz", "shop.20260520-123001.log", "shop.jsonl", "shop.out", "shop.stdout.log", "shop.log.old",
  "shop.log.2.zst",
])("%s is of shop", (name) => expect(of("shop", name)).toEqual([name])); // prettier-ignore

test.each([
  ["check", "check-out.log"],
  ["check", "check-error.log"],
  ["audit", "audit-log.log"],
  ["kafka", "kafka-0.log"],
  ["shard", "shard-1.log"],
  ["web", "web.1.log"],
  ["shop", "shop-db.log"],
  ["shop", "workshop.log"],
  ["sho", "shop.log"],
])("nothing is of %s in %s", (service, name) => expect(of(service, name)).toEqual([]));

test.each(["check-out", "audit-log", "kafka-0", "shard_2", "web.1", "api-v2", "7", "a.b.c"])(
  "%s has its own",
  (name) => {
    expect(of(name, `${name}.log`, `${name}.log.1`, `${name}.log.2.gz`)).toHaveLength(3);
  },
);

test("the two files that a process manager writes are of one service", () => {
  expect(of("shop", "shop-out.log", "shop-error.log", "cart-out.log")).toEqual(["shop-out.log", "shop-error.log"]);
});

test("letters matter only where both ways of writing are there", () => {
  expect(of("upper", "Upper.LOG")).toEqual(["Upper.LOG"]);
  expect(of("upper", "Upper.LOG", "upper.log")).toEqual(["upper.log"]);
  expect(of("Upper", "Upper.LOG", "upper.log")).toEqual(["Upper.LOG"]);
});
