import fc from "fast-check";
import { expect, it } from "vitest";
import { messageOf } from "./log-message";

it.each([
  ["plain text", "plain text", null],
  ['{"level":50,"msg":"it broke"}', "it broke", "error"],
  ['{"level":45,"msg":"odd level"}', "odd level", "warn"],
  ['{"severity":"ERROR","message":"it broke"}', "it broke", "error"],
  ['{"log":"from a container\\n","stream":"stderr"}', "from a container", null],
  ['{"message":{"a":1},"msg":"second choice"}', "second choice", null],
  ['{"a":1}', '{"a":1}', null],
  ['{"msg":"cut o', '{"msg":"cut o', null],
  ['{"level":"50","msg":"as text"}', "as text", "error"],
  [`{"level":${JSON.stringify("x".repeat(50))},"msg":"no level"}`, "no level", null],
  [
    '2026-03-02T00:00:00.123456789Z stdout F {"level":"error","msg":"cart 0 empty","user":"u0"}',
    "cart 0 empty",
    "error",
  ],
  ["2026-03-02T00:00:00.123456789Z stderr F plain text", "plain text", null],
  ['2026-03-02T00:00:00.123456789+01:00 stdout P {"level":"er', '{"level":"er', null],
  [
    '{"log":"{\\"level\\":\\"warn\\",\\"msg\\":\\"inner\\"}\\n","stream":"stdout","time":"2026-03-02T00:00:00Z"}',
    "inner",
    "warn",
  ],
  ['{"log":"2026-03-02T00:00:00Z stdout F {\\"lvl\\":\\"warn\\",\\"msg\\":\\"three\\"}"}', "three", "warn"],
  [
    '{"__REALTIME_TIMESTAMP":"1772409600000000","PRIORITY":"3","MESSAGE":"unit failed","_PID":"0"}',
    "unit failed",
    "error",
  ],
  ['{"PRIORITY":"6","MESSAGE":"{\\"level\\":\\"error\\",\\"msg\\":\\"inner\\"}"}', "inner", "error"],
  ['{"PRIORITY":"4","MESSAGE":[104,195,169]}', "hé", "warn"],
  ['{"version":"1.1","short_message":"GELF","level":3}', "GELF", "error"],
  ['{"t":{"$date":"2026-05-20T12:30:01Z"},"s":"E","c":"NETWORK","msg":"mongod"}', "mongod", "error"],
  ['{"s":"something else","msg":"no level"}', "no level", null],
  ['{"@t":"2026-05-20T12:30:01Z","@mt":"User {Id}","@l":"Error"}', "User {Id}", "error"],
  ['{"log":{"level":"error"},"message":"ECS"}', "ECS", "error"],
  ['{"log.level":"error","message":"ECS"}', "ECS", "error"],
  ['{"severityText":"ERROR","body":"OTLP"}', "OTLP", "error"],
  ['May 20 12:30:01 host app[7]: {"level":"error","msg":"in syslog"}', "in syslog", "error"],
  ['web-1  | {"level":50,"msg":"in compose"}', "in compose", "error"],
  ['answered with {"message":"as asked"}', 'answered with {"message":"as asked"}', null],
  ["\u001b[31mERROR\u001b[0m it \u001b[1;4mbroke\u001b[0m", "ERROR it broke", null],
  ["#033[31mERROR#033[0m by rsyslog", "ERROR by rsyslog", null],
  ['{"level":"info","msg":"\\u001b[32mgreen\\u001b[39m"}', "green", "info"],
  ["\u001b]8;;https://a.example\u0007a link\u001b]8;;\u0007", "a link", null],
  ['\ufeff{"time":1,"level":"info","msg":"after a mark"}', "after a mark", "info"],
  ['{"level":"\\u001b[31mERROR\\u001b[0m","msg":"coloured"}', "coloured", "error"],
  ["{}", "{}", null],
  ["", "", null],
])("messageOf(%j)", (line, text, level) => expect(messageOf(line)).toEqual({ text, level }));

it("ends with whatever wraps itself", () => {
  let line = '{"msg":"core"}';
  for (let i = 0; i < 8; i++) line = JSON.stringify({ msg: line });
  expect(messageOf(line).text).toMatch(/^\{"msg":/);
});

it("never throws", () => {
  fc.assert(fc.property(fc.oneof(fc.json(), fc.string()), (line) => typeof messageOf(line).text === "string"));
});
