import { expect, it } from "vitest";
import { alterationOf } from "./change-diff";

it.each([
  ["a check that went away", "-  if (order === null) return;\n   send(order);", ["a.ts"], 1],
  ["a lock that went away", "-  mu.Lock()\n-  defer mu.Unlock()\n   n++", ["a.go"], 1],
  ["a deadline ten times as short", "-  wait: 5000\n+  wait: 500", ["a.yaml"], 1],
  ["a size a little larger", "-  size: 50000\n+  size: 60000", ["a.yaml"], 0.7],
  ["a version of a dependency", "-  lib v1.8.0\n+  lib v1.8.9", ["go.mod"], 0.4],
  ["code that was moved", "-  total = net * rate\n+  total = taxed(net, rate)\n+  taxed = net * rate", ["a.py"], 0.4],
  ["code that was rewritten", "-  return cart.total\n+  return fetchPrices(items)", ["a.js"], 0.7],
  ["code that was added", "+  metrics.count(1)", ["a.js"], 0.5],
  ["styles", "-  color: red\n+  color: blue", ["web/a.css"], 0.1],
  ["tests", "-  if (x) fail()", ["pkg/a_test.go"], 0.1],
  ["a file's heading only", "--- a/x\n+++ b/x", ["x.go"], null],
  ["no diff", undefined, ["x.go"], null],
])("%s", (_, diff, files, alteration) => expect(alterationOf(diff, files)?.weight ?? null).toBe(alteration));
