import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { EnvError, parseEnv, VARIABLES } from "./env";

const defaultOf = (schema: z.ZodType): string => {
  const raw = schema instanceof z.ZodPipe ? schema.in : schema;
  return raw instanceof z.ZodDefault ? String(raw.def.defaultValue) : "";
};

test(".env.example lists every variable with its default (vitest -u writes it anew)", async () => {
  const lines = Object.entries(VARIABLES).map(
    ([name, schema]) => `# ${schema.description}\n#${name}=${defaultOf(schema)}`,
  );
  const head = "# Every variable that Sentinel reads. The value after = is the default; nothing has to be set.";
  await expect(`${[head, ...lines].join("\n\n")}\n`).toMatchFileSnapshot(resolve(".env.example"));
});

test("docs/settings.md lists every variable with its default (vitest -u writes it anew)", async () => {
  const cell = (text: string) => text.replaceAll("|", "\\|");
  const rows = Object.entries(VARIABLES).map(([name, schema]) => {
    const value = defaultOf(schema);
    return `| \`${name}\` | ${value && `\`${value}\``} | ${cell(schema.description ?? "")} |`;
  });
  const head = [
    "# Settings",
    "Every setting is an environment variable with a default; nothing has to be set. Sentinel reads them once, when it starts, from the environment and from `.env` in the working directory (the environment wins). A value it cannot use stops the start and names the variable. `lib/env.ts` declares them, and `lib/env.test.ts` writes this page from it.",
    "| Variable | Default | Meaning |\n| --- | --- | --- |",
  ];
  await expect(`${head.join("\n\n")}\n${rows.join("\n")}\n`).toMatchFileSnapshot(resolve("docs/settings.md"));
});

test("nothing has to be set, and the defaults are what the house says", () => {
  expect(parseEnv({})).toMatchObject({
    LIBSQL_URL: "file:./data/sentinel.db",
    SWEEP_INTERVAL_MS: 1_000,
    SWEEPER_ENABLED: true,
    RETENTION_RAW_DAYS: 14,
    RETENTION_ROLLUP_DAYS: 90,
    PROBATION_SAMPLES: 20,
    PROBATION_MS: 900_000,
    FLEET_WAIT_MS: 2_000,
    APPROVAL_TTL_MS: 86_400_000,
    IN_FLIGHT_MS: 30_000,
    LONG_POLL_MAX: 200,
    SQLITE_SYNC: "NORMAL",
  });
});

test("an empty value is one that is not set; others' variables are not ours", () => {
  const parsed = parseEnv({ LOG_LEVEL: "", CRON_SECRET: "", PATH: "/bin" });
  expect(parsed.LOG_LEVEL).toBe("info");
  expect(parsed.CRON_SECRET).toBeUndefined();
  expect(parsed).not.toHaveProperty("PATH");
});

test("a former name is read where the new one is not set", () => {
  expect(parseEnv({ SWEEP_IN_PROCESS: "0" }).SWEEPER_ENABLED).toBe(false);
  expect(parseEnv({ SWEEP_IN_PROCESS: "0", SWEEPER_ENABLED: "1" }).SWEEPER_ENABLED).toBe(true);
  expect(parseEnv({ SWEEP_IN_PROCESS: "0", SWEEPER_ENABLED: "" }).SWEEPER_ENABLED).toBe(false);
});

test("the public origin loses its path", () => {
  expect(parseEnv({ SENTINEL_URL: "https://sentinel.example/" }).SENTINEL_URL).toBe("https://sentinel.example");
});

describe("a bad value names its variable and never repeats the value", () => {
  test.each([
    ["LIBSQL_URL", "postgres://hunter2"],
    ["SENTINEL_URL", "hunter2"],
    ["SENTINEL_URL", "ftp://hunter2"],
    ["SENTINEL_SECRET", "hunter2"],
    ["CRON_SECRET", "hunter2"],
    ["LOG_LEVEL", "hunter2"],
    ["SWEEPER_ENABLED", "hunter2"],
    ["SWEEP_INTERVAL_MS", "hunter2"],
    ["SWEEP_INTERVAL_MS", "-1"],
    ["SWEEP_INTERVAL_MS", "1.5"],
    ["SWEEP_INTERVAL_MS", "Infinity"],
    ["RETENTION_RAW_DAYS", "0"],
    ["LOKI_HEADERS", "hunter2"],
    ["LOKI_HEADERS", '["hunter2"]'],
    ["LOKI_HEADERS", '{"X-Scope-OrgID": 2, "a": "hunter2"}'],
    ["LOKI_HEADERS", '{"not a name": "hunter2"}'],
    ["LOKI_HEADERS", '{"X-Scope-OrgID": "hunter2\\nX-Other: 1"}'],
    ["OTEL_EXPORTER_OTLP_HEADERS", "hunter2"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "not a name=hunter2"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "x=hunter2%0AX-Other: 1"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "x=hunter2%"],
    ["LOKI_SERVICE_LABEL", "hunter2=}"],
    ["LOG_TIME_ZONE", "Europe/hunter2"],
  ])("%s=%s", (name, value) => {
    const attempt = () => parseEnv({ [name]: value });
    expect(attempt).toThrow(EnvError);
    expect(attempt).toThrow(name);
    expect(attempt).not.toThrow("hunter2");
  });

  test("all of them at once", () => {
    expect(() => parseEnv({ LOG_LEVEL: "x", SQLITE_SYNC: "y" })).toThrow(/SQLITE_SYNC.*LOG_LEVEL/);
  });
});

/** Tests set what they like: only what runs without them counts as a reader. `SENTINEL_REAL_DATA` is for tests alone, and says so. */
const isReader = (file: string): boolean =>
  /\.tsx?$/.test(file) &&
  file !== "env.ts" &&
  (!/(?:^|\/)test-[^/]*$|\.test\.tsx?$/.test(file) || file.endsWith(".real.test.ts"));
const readers = ["app", "components", "lib"]
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter(isReader)
      .map((file) => readFileSync(join(folder, file), "utf8")),
  )
  .filter((text) => /\b[eE]nv\b|\bsecret: "/.test(text));

describe.each(Object.entries<z.ZodType>(VARIABLES))("the setting %s", (name, schema) => {
  test("says in a line what it is for", () => {
    expect(schema.description).toMatch(/^\S.{10,}[^.\s]$/);
  });

  test("refuses what it cannot be, by its name and without repeating it", () => {
    for (const wrong of ["two\nlines", "\u0000", "hunter2\r"]) {
      const attempt = () => parseEnv({ [name]: wrong });
      expect(attempt).toThrow(EnvError);
      expect(attempt).toThrow(`${name}: `);
      expect(attempt).not.toThrow(/hunter2|two/);
    }
  });

  test("takes its default when it is written out", () => {
    const value = defaultOf(schema);
    expect(parseEnv({ [name]: value === "true" ? "1" : value })).toEqual(parseEnv({}));
  });

  test("is read by the code that runs", () => {
    // As a property of the environment, or taken apart from it: `env().NAME`, `e.NAME`, `const { NAME } = env()`.
    // A sender that signs declares which setting holds its secret, and the check reads that one.
    const read = new RegExp(`(?:\\.|[{,]\\s*)${name}\\b|\\bsecret: "${name}"`);
    expect(readers.some((text) => read.test(text))).toBe(true);
  });
});
