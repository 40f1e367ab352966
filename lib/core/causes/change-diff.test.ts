import { expect, it } from "vitest";
import { alterationOf } from "./change-diff";

it.each([
  ["a check that went away", "-  if (order === null) return;\n   send(order);", ["a.ts"], 1],
  ["a lock that went away", "-  mu.Lock()\n-  defer mu.Unlock()\n   n++", ["a.go"], 1],
  ["a deadline ten times as short", "-  wait: 5000\n+  wait: 500", ["a.yaml"], 1],
  ["a size a little larger", "-  size: 50000\n+  size: 60000", ["a.yaml"], 0.7],
  ["a version of a dependency", "-  lib v1.8.0\n+  lib v1.8.9", ["go.mod"], 0.4],
  ["a deadline in another unit", "-  DefaultTTL: 15 * time.Minute,\n+  DefaultTTL: 15 * time.Second,", ["a.go"], 1],
  [
    "a call given less time",
    "-  ctx, end := withTimeout(ctx, 5*time.Second)\n+  callCtx, end := withTimeout(ctx, 300*time.Millisecond)",
    ["a.go"],
    1,
  ],
  [
    "a deadline twice as long",
    "-  RequestTimeout = 3 * time.Second\n+  RequestTimeout = 6 * time.Second",
    ["a.go"],
    0.5,
  ],
  ["more of what is no allowance", "-  sample_rate: 0.1\n+  sample_rate: 1.0", ["a.yaml"], 1],
  [
    "a tolerance that went away",
    "-const leeway = 120 * time.Second\n-  return at.Add(leeway)\n+  return at",
    ["a.go"],
    1,
  ],
  ["a limit under another name", "-const cap = 50\n-  take(cap)\n+const most = 50\n+  take(most)", ["a.go"], 0.4],
  ["a counter's start", "-  for (let i = 0; i < n; i++) add(list, i)\n+  list.addAll(n)", ["a.js"], 0.7],
  ["a number that is compared with", "-  ok = size >= 5\n+  ok = size >= 50", ["a.js"], 1],
  ["a typed setting", "-TTL: int = 120\n+TTL: int = 30", ["a.py"], 1],
  ["two settings in a line, one gone", "-P{tries: 8, wait: 5}\n+P{tries: 8}", ["a.go"], 1],
  ["a colour", '-  accent: "#3b82f6",\n+  accent: "#2563eb",', ["theme.ts"], 0.7],
  [
    "a pause between tries that went away",
    "-  for (;;) { try_(); time.Sleep(p.BaseDelay) }\n+  for (;;) { try_() }",
    ["a.go"],
    1,
  ],
  [
    "a check in other words",
    "-  if (lat < -90 || lat > 90) reject(lat)\n+  inRange(lat, -90, 90) || reject(lat)",
    ["a.js"],
    0.4,
  ],
  ["a comment", "-  // at most 50, or it times out\n+  // at most 5", ["a.go"], 0.1],
  ["a check that only a comment spoke of", "-  // check the limit\n-  send(x)\n+  send(x, y)", ["a.go"], 0.4],
  [
    "a query for each line of an order",
    "-for li in lines:\n-  add(li)\n+for li in lines:\n+  add(db.query(sql, li))",
    ["a.py"],
    1,
  ],
  [
    "a query for each, as before",
    "-for li in lines:\n-  add(db.query(a, li))\n+for li in lines:\n+  add(db.query(b, li))",
    ["a.py"],
    0.4,
  ],
  ["a call in an endless loop", "+for {\n+  refresh(ctx)\n+}", ["a.go"], 0.5],
  ["requirements", "-lib==1.8.0\n+lib==1.8.9", ["requirements.txt"], 0.7],
  ["code that was moved", "-  total = net * rate\n+  total = taxed(net, rate)\n+  taxed = net * rate", ["a.py"], 0.4],
  ["code that was rewritten", "-  return cart.total\n+  return fetchPrices(items)", ["a.js"], 0.7],
  ["code that was added", "+  metrics.count(1)", ["a.js"], 0.5],
  ["styles", "-  color: red\n+  color: blue", ["web/a.css"], 0.1],
  ["tests", "-  if (x) fail()", ["pkg/a_test.go"], 0.1],
  ["a file's heading only", "--- a/x\n+++ b/x", ["x.go"], null],
  ["no diff", undefined, ["x.go"], null],
])("%s", (_, diff, files, alteration) => expect(alterationOf(diff, files)?.weight ?? null).toBe(alteration));

it.each([
  [
    "a field that went away",
    '-  Meta string `json:"meta"`\n+  Meta string `json:"metadata"`',
    1,
    "removes 'meta', which failing lines name: 'Meta string `json:\"meta\"`'",
  ],
  ["a table that is new", '+  text("SELECT id FROM favorites")', 1, null],
  ["a field that stays", '-  fail("meta", x)\n+  check(y, "meta")', 0.7, "rewrites code"],
  ["another field", '-  Name string `json:"name"`\n+  Name string `json:"title"`', 0.4, "mostly moves code"],
])("names in failing lines: %s", (_, diff, weight, says) => {
  const named = new Set(["meta", "favorites"]);
  expect(alterationOf(diff, ["a.go"], named)).toEqual({ weight, says: says ?? (expect.any(String) as string) });
  if (weight === 1) expect(alterationOf(diff, ["a.go"])!.weight).toBeLessThan(1);
});

it("says what it was read off, in one line of limited length", () => {
  expect(alterationOf(`-  if (a)   return\n+${"x".repeat(500)}`)).toEqual({
    weight: 1,
    says: "removes 'if': 'if (a) return'",
  });
  expect(alterationOf(`-timeout: 50\n+timeout: 5 ${"x".repeat(500)}`)!.says.length).toBeLessThan(200);
});
