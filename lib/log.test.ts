import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { createLog } from "./log";

function sink() {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  return { lines, stream };
}

test("secrets do not reach the log, however the object came there", () => {
  for (const format of ["json", "pretty"] as const) {
    const { lines, stream } = sink();
    const log = createLog({ level: "info", format }, stream);
    const headers = { authorization: "Bearer hunter2", cookie: "hunter2", "set-cookie": "hunter2", accept: "kept" };
    log.info(
      { headers, request: { headers }, token: "hunter2", body: { password: "hunter2" }, user: { secret: "hunter2" } },
      "m",
    );
    expect(lines.join("")).toContain("kept");
    expect(lines.join("")).not.toContain("hunter2");
  }
});

test("json is one object a line, with level word, ISO time and the error's cause", () => {
  const { lines, stream } = sink();
  const log = createLog({ level: "info", format: "json" }, stream);
  log.debug("not said");
  log.error({ err: new Error("outer", { cause: new Error("inner") }) }, "it failed");
  expect(lines).toHaveLength(1);
  const line = JSON.parse(lines[0]!) as Record<string, unknown>;
  expect(line).toMatchObject({ level: "error", msg: "it failed" });
  expect(line.time).toMatch(/^\d{4}-\d\d-\d\dT/);
  expect(JSON.stringify(line.err)).toContain("inner");
});
