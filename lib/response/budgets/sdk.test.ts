import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { HOOKS_VERSION } from "@/lib/contracts/hooks";
import { SDK_VERSION } from "@/sdk/typescript/wire";
import { holdsRunsItself } from "./sdk";

const python = /^VERSION = "([^"]+)"$/m.exec(readFileSync("sdk/python/src/sentinel_agents/version.py", "utf8"))?.[1];

it.each<[string | null, boolean]>([
  [SDK_VERSION, true],
  [`py-${python}`, true],
  [HOOKS_VERSION, true],
  ["ts-0.1.9", false],
  ["py-0.1.0", false],
  ["py-0.2.0", true],
  ["py-0.10.0", true],
  ["py-1.0.0", true],
  ["go-0.2.0", false],
  ["py-0.2", false],
  ["xpy-0.2.0", false],
  ["0.2.0", false],
  [null, false],
])("%s holds its runs itself: %s", (sdkVersion, holds) => expect(holdsRunsItself({ sdkVersion })).toBe(holds));
