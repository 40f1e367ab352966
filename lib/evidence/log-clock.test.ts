import { describe, expect, test } from "vitest";
import { learnClock } from "./log-clock";
import { UTC, zoneOf } from "@/lib/core/base/time-zone";

/** 2026-05-20 12:30:01 UTC, a Wednesday, as `date -u -d @1779280201` says. */
const AT = 1_779_280_201;
const hint = { newest: AT + 60, zone: UTC };
const timeOf = (line: string, given = hint) => learnClock([line], given)?.timeOf(line) ?? null;

describe("the time of a line by itself", () => {
  test.each([
    ['{"level":30,"time":1779280201000,"msg":"pino"}', AT],
    ['{"level":"info","ts":1779280201.5,"msg":"zap"}', AT + 0.5],
    ['{"level":"info","ts":1.7792802015e+09,"msg":"zap"}', AT + 0.5],
    ['{"timestamp":"2026-05-20T12:30:01.250Z","message":"winston"}', AT + 0.25],
    ['{"name":"app","level":30,"time":"2026-05-20T12:30:01.250Z","v":0,"msg":"bunyan"}', AT + 0.25],
    ['{"@timestamp":"2026-05-20T14:30:01+02:00"}', AT],
    ['{"time":"1779280201000000000"}', AT],
    ['{"msg":"none"}', null],
    ['{"msg":"valid until 2026-05-20 12:30:01"}', null],
    ['{"time":35,"ts":1779280201,"msg":"a duration before the time"}', AT],
    ['{"t":{"$date":"2026-05-20T12:30:01.000+00:00"},"s":"E","c":"NETWORK","msg":"mongod"}', AT],
    ['{"t":{"$date":{"$numberLong":"1779280201000"}},"s":"E"}', AT],
    ['{"__REALTIME_TIMESTAMP":"1779280201000000","PRIORITY":"3","MESSAGE":"journald"}', AT],
    ['{"version":"1.1","host":"h","short_message":"GELF","timestamp":1779280201.25,"level":3}', AT + 0.25],
    ['{"@t":"2026-05-20T12:30:01.0000000Z","@mt":"Serilog {X}","@l":"Error"}', AT],
    ['{"instant":{"epochSecond":1779280201,"nanoOfSecond":500000000},"level":"ERROR","message":"log4j"}', AT + 0.5],
    ['{"timestamp":{"seconds":1779280201,"nanos":500000000},"severity":"ERROR"}', AT + 0.5],
    ['{"Timestamp":"/Date(1779280201000)/","Message":".NET"}', AT],
    ['{"log":"from docker\\n","stream":"stderr","time":"2026-05-20T12:30:01.000000000Z"}', AT],
    ['{"start_time":"2026-05-20T12:30:01.000Z","method":"GET","response_code":503}', AT],
    ['{"asctime":"2026-05-20 12:30:01,500","levelname":"ERROR","message":"Python"}', AT + 0.5],
    ['{"RequestDateTime":"2026-05-20T12:30:01Z","Msg":"a name of its own"}', AT],
    ['{"time_local":"20/May/2026:12:30:01 +0000","status":"502"}', AT],
    ['{"time":"2026-05-20T12:30:01Z","msg":"one of a list"},', AT],
    ['{"Timestamp":"2026-05-20T12:30:01.500Z ","LogLevel":"Error","Category":"App","Message":".NET"}', AT + 0.5],
    ['{"Timestamp":"20/05/2026 12:30:01","Message":"day first"}', AT],
    ['{"meta":{"timestamp":"2026-05-20T12:30:01Z"},"msg":"in an envelope"}', AT],
    ["2026-05-20T12:30:01Z INFO started", AT],
    ["2026-05-20T12:30:01.123456789Z stdout F kubernetes", AT + 0.123456789],
    ["2026-05-20 12:30:01,500 ERROR [main] log4j", AT + 0.5],
    ["2026-05-20 12:30:01,500 - app - ERROR - Python", AT + 0.5],
    ["2026-05-20 12:30:01:500 ERROR colon before the fraction", AT + 0.5],
    ["[2026-05-20 12:30:01] bracketed", AT],
    ["[2026-05-20T12:30:01,500][ERROR][o.e.b.Bootstrap] [node] Elasticsearch", AT + 0.5],
    ['[2026-05-20T12:30:01.500Z] "GET /cart HTTP/1.1" 503 UF 0 91 Envoy', AT + 0.5],
    ["[2026-05-20 12:30:01,500] ERROR [ReplicaManager broker=1] Kafka (kafka.server.ReplicaManager)", AT + 0.5],
    ["2026-05-20 12:30:01.500000+00:00 [error] <0.1.0> RabbitMQ", AT + 0.5],
    ["=ERROR REPORT==== 20-May-2026::12:30:01 ===", AT],
    ["ERROR [ReadStage-2] 2026-05-20 12:30:01,500 StorageProxy.java:1 - Cassandra", AT + 0.5],
    ["E, [2026-05-20T12:30:01.500000 #7] ERROR -- : Ruby", AT + 0.5],
    ["2026/05/20 12:30:01 go's own", AT],
    ["2026/05/20 12:30:01 [error] 7#7: *1 connect() failed, client: 10.0.0.1, nginx", AT],
    ["2026-05-20 07:30:01-0500 west", AT],
    ['2026-05-20 12:30:01.500 UTC,"shop","shop",77,"10.0.0.1:1",6a,1,"INSERT",csvlog', AT + 0.5],
    ["2026-05-20 15:30:01.500 +03 [77] ERROR:  PostgreSQL", AT + 0.5],
    ["2026-05-20 07:30:01.500 EST [77] ERROR:  PostgreSQL", AT + 0.5],
    ["2026-05-20 14:30:01.500 CEST [77] ERROR:  PostgreSQL", AT + 0.5],
    ["2026-05-20T12:30:01.500000Z 0 [ERROR] [MY-010119] [Server] MySQL", AT + 0.5],
    ["260520 12:30:01 [ERROR] older MySQL", AT],
    ["2026-05-20 12:30:01.5000|ERROR|App.Cart|NLog", AT + 0.5],
    ["2026-05-20 14:30:01.500 +02:00 [ERR] Serilog", AT + 0.5],
    ["2026-05-20T12:30:01.500+0000: 1.234: [GC pause", AT + 0.5],
    ['127.0.0.1 - - [20/May/2026:12:30:01 +0000] "GET / HTTP/1.1" 200 5', AT],
    ['shop.example:443 10.0.0.1 - ada [20/May/2026:12:30:01 +0000] "GET / HTTP/1.1" 200 5', AT],
    ["[Wed May 20 12:30:01.500000 2026] [core:error] [pid 7] Apache", AT + 0.5],
    ["1:M 20 May 2026 12:30:01.500 # Redis", AT + 0.5],
    ["[7] 20 May 12:30:01.500 # older Redis", AT + 0.5],
    ["20-May-2026 12:30:01.500 SEVERE [main] Tomcat", AT + 0.5],
    ["[20-May-2026 14:30:01 Europe/Berlin] PHP Fatal error:  Uncaught", AT],
    ["[20-May-2026 12:30:01] WARNING: [pool www] PHP-FPM", AT],
    ["20-May-2026 12:30:01.500 client @0x7f 10.0.0.1#1: BIND", AT + 0.5],
    ["2026-May-20 12:30:01.500000 boost", AT + 0.5],
    ["May 20, 2026 12:30:01 PM org.shop.Cart add", AT],
    ["May 20, 2026 12:30:01\u202fPM org.shop.Cart add", AT],
    ["<May 20, 2026 12:30:01,500 PM UTC> <Error> <WebLogic>", AT + 0.5],
    ["[5/20/26 12:30:01:500 UTC] 00000001 WebSphere", AT + 0.5],
    ["Wed May 20 12:30:01 UTC 2026", AT],
    ["Wed May 20 12:30:01 2026", AT],
    ["Wed, 20 May 2026 12:30:01 GMT", AT],
    ["Wed 2026-05-20 12:30:01 UTC host unit[1]: journalctl", AT],
    ["05/20/2026 12:30:01 ERROR month first", AT],
    ["5/20/2026 12:30:01 PM ERROR .NET", AT],
    ["Information,5/20/2026 12:30:01 PM,Service Control Manager,7036,None,Windows", AT],
    ["20/05/2026 12:30:01 ERROR day first", AT],
    ["20.05.2026 12:30:01 ERROR day first", AT],
    ["26/05/20 12:30:01 INFO Spark", AT],
    ["2026年5月20日 12:30:01 出错", AT],
    ["2026/5/20 12:30:01 出错", AT],
    ["2026-05-20 12:30:01 10.0.0.1 GET /cart - 443 IIS", AT],
    ["2026-05-20\t12:30:01\tCloudFront", AT],
    ["https 2026-05-20T12:30:01.500000Z app/lb/1 10.0.0.1:1 ALB", AT + 0.5],
    ["May 20 12:30:01 host sshd[1]: syslog", AT],
    ["<34>May 20 12:30:01 host su: with priority", AT],
    ["<34>1 2026-05-20T12:30:01.500Z host app 7 ID47 - RFC 5424", AT + 0.5],
    ["May 20 12:30:01 lb haproxy[7]: 10.0.0.1:1 [20/May/2026:12:30:01.500] fe be/s 0/0/1", AT],
    ["May 20 2026 12:30:01: %ASA-6-302013: Built", AT],
    ["*May 20 12:30:01.500: %LINK-3-UPDOWN: Interface", AT + 0.5],
    ["Dec 31 23:59:59 host last year's", Date.UTC(2025, 11, 31, 23, 59, 59) / 1_000],
    ["Feb 29 12:00:00 host a leap year's", Date.UTC(2024, 1, 29, 12) / 1_000],
    ["E0520 12:30:01.000000       1 main.go:5] klog", AT],
    ["E20260520 12:30:01.500000     1 main.cc:5] glog", AT + 0.5],
    ["05-20 12:30:01.500  1234  5678 E Cart: Android", AT + 0.5],
    ["20260520T123001Z compact", AT],
    ["20260520-12:30:01.500 compact", AT + 0.5],
    ["2026-05-20-14.30.01.500000+120 I1234E567 LEVEL: Error DB2", AT + 0.5],
    ["1779280201.250 epoch first", AT + 0.25],
    ["1779280201000 epoch first, ms", AT],
    ["1.7792802015000000e+09\tERROR\tpool.go:1\tzap console", AT + 0.5],
    ["1.7792802015000000e+9\tERROR\tpool.go:1\tthe same", AT + 0.5],
    ["[1779280201] nagios", AT],
    ["type=SYSCALL msg=audit(1779280201.250:456): arch=c000003e", AT + 0.25],
    ["level=error ts=1779280201.250 caller=main.go:1 msg=logfmt", AT + 0.25],
    ["level=error ts=2026-05-20T12:30:01.500Z caller=main.go:1 msg=logfmt", AT + 0.5],
    ['time="2026-05-20T12:30:01Z" level=error msg=logrus', AT],
    // 2^62 + 10 + 1779280201 seconds, 250,000,000 ns.
    ["@400000006a0da9530ee6b280 multilog", AT + 0.25],
    ["web-1  | 2026-05-20T12:30:01.500Z ERROR compose", AT + 0.5],
    ["\u001b[31m2026-05-20 12:30:01\u001b[0m ERROR in colour", AT],
    ["\ufeff2026-05-20 12:30:01 with a byte order mark", AT],
    ["    at Object.<anonymous> (/app/index.js:1:1)", null],
    ["order 4711 of 2026-99-99 00:00:00", null],
    ["", null],
    ["{not json 2026-05-20 12:30:01", AT],
    ['{"time":{"a":1}}', null],
    ["1234567890123456789012 too long a number", null],
    ["5551234567 is not a known customer", null],
    ["[    1.234567] usb 1-1: since boot", null],
    ["listening on 10.0.0.1:8080", null],
  ])("%s", (line, expected) => {
    const at = timeOf(line);
    if (expected === null) expect(at).toBeNull();
    else expect(at).toBeCloseTo(expected, 3);
  });

  const berlin = { ...hint, zone: zoneOf("Europe/Berlin")! };
  const york = { ...hint, zone: zoneOf("America/New_York")! };
  const shanghai = { ...hint, zone: zoneOf("Asia/Shanghai")! };
  test.each([
    ["2026-05-20 14:30:01 in summer", berlin, AT],
    ["2026-01-20 13:30:01 in winter", berlin, Date.UTC(2026, 0, 20, 12, 30, 1) / 1_000],
    ["2026-05-20 08:30:01,500 - app - ERROR - Python", york, AT + 0.5],
    ["2026-05-20 12:30:01Z says its zone", york, AT],
    ["2026-05-20 08:30:01 ERROR a first word in capitals is no zone", york, AT],
    ["May 20 08:30:01 host without a year", york, AT],
    ['{"asctime":"2026-05-20 08:30:01,500"}', york, AT + 0.5],
    ["2026-05-20 20:30:01 CST of several zones the one that holds here", shanghai, AT],
    ["2026-05-20 06:30:01 CST else America's", berlin, AT],
  ])("%s, read in its zone", (line, given, expected) => expect(timeOf(line, given)).toBeCloseTo(expected, 3));
});

describe("a format is learned from the lines", () => {
  const times = (lines: string[], given = hint) => {
    const clock = learnClock(lines, given);
    return clock && lines.map((line) => clock.timeOf(line));
  };

  test.each([
    ["a later date in the text", "E0520 12:30:01.000000 1 a.go:1] valid until 2026-05-20 23:00:00", AT],
    ["an indented date", "  valid from 2020-01-01 00:00:00", null],
    ["a date that begins a message", "2020-01-01 00:00:00 is when it began", null],
    ["a number that begins a message", "1779280201 is not a known customer", null],
    ["a time of day that begins a message", "12:30:01 is when the next one starts", null],
    ["a date to come", "2031-01-01 00:00:00 is when it ends", null],
    ["JSON without a time", '{"valid":"until","date":"2031-01-01T00:00:00Z"}', null],
  ])("%s is not the line's time", (_, line, expected) => {
    const klog = Array.from({ length: 12 }, (_, i) => `E0520 12:30:${10 + i}.000000 1 a.go:1] line ${i}`);
    expect(times([...klog.slice(0, 2), line, ...klog.slice(2)])![2]).toBe(expected);
  });

  test("several formats of one file count when they tell one time", () => {
    const lines = [
      '10.0.0.1 - - [20/May/2026:12:30:01 +0000] "GET / HTTP/1.1" 502 5',
      "2026/05/20 12:30:02 [error] 7#7: *1 connect() failed",
      "  a line more",
      '10.0.0.1 - ada [20/May/2026:12:30:03 +0000] "GET / HTTP/1.1" 502 5',
    ];
    expect(times(lines)).toEqual([AT, AT + 1, null, AT + 2]);
  });

  test("one in another zone than is told goes with the lines around it", () => {
    const lines = ["2026-05-20T12:30:01Z a", "2026-05-20 07:30:01 b", "2026-05-20T12:30:03Z c", "2026-05-20T12:30:04Z d"]; // prettier-ignore
    expect(times(lines)).toEqual([AT, null, AT + 2, AT + 3]);
  });

  const noon = (month: number, day: number) => Date.UTC(2026, month - 1, day, 12) / 1_000;
  test.each([
    ["a day beyond 12 settles it", ["13/04/2026", "01/05/2026"], noon(5, 2), [noon(4, 13), noon(5, 1)]],
    ["so does one later on", ["04/12/2026", "04/13/2026"], noon(4, 14), [noon(4, 12), noon(4, 13)]],
    [
      "else the order of the lines",
      ["09/03/2026", "10/03/2026", "01/04/2026"],
      noon(12, 1),
      [noon(3, 9), noon(3, 10), noon(4, 1)],
    ],
    ["else the time of writing", ["03/04/2026"], noon(4, 3), [noon(4, 3)]],
    ["which may be the other way round", ["03/04/2026"], noon(3, 4), [noon(3, 4)]],
  ])("day or month first: %s", (_, dates, newest, expected) => {
    expect(times(dates.map((date) => `${date} 12:00:00 x`), { ...hint, newest: newest + 60 })).toEqual(expected); // prettier-ignore
  });

  test.each([
    [
      "a level before the date",
      (i: number) => `ERROR [worker-${i}] 2026-05-20 12:30:${10 + i} Pool.java:1 - it failed`,
    ],
    ["a time of day", (i: number) => `12:30:${10 + i}.000 [main] ERROR it failed`],
    ["seconds since 1970", (i: number) => `${AT + 9 + i}.000 it failed`],
  ])("%s among traces that are longer than all else", (_, line) => {
    const trace = Array.from({ length: 60 }, (_, i) =>
      i % 2 ? `\tat org.shop.Pool.take(Pool.java:${i})` : "Caused by: no",
    );
    const read = times(Array.from({ length: 8 }, (_, i) => [line(i), ...trace]).flat())!;
    expect(read.filter((t) => t !== null).length).toBe(8);
    expect(read[61]! - read[0]!).toBeCloseTo(1, 3);
  });

  test("a date in one sentence of many is no format", () => {
    const lines = Array.from({ length: 50 }, (_, i) => `line ${i}`);
    expect(times(lines)).toBeNull();
    expect(times([...lines, "the backup of 2026-05-20 12:00:00 is gone"])).toBeNull();
  });

  test("what is not known of the zone, the day and the order is said", () => {
    expect(learnClock(["2026-05-20T12:30:01Z a"], hint)).toMatchObject({
      zoneless: false,
      daily: false,
      ordered: true,
    });
    expect(learnClock(["2026-05-20 12:30:01 a"], hint)).toMatchObject({ zoneless: true, daily: false });
    expect(learnClock(["12:30:01.500 [main] INFO a", "12:30:02.500 [main] INFO b"], hint)).toMatchObject({
      daily: true,
    });
    expect(learnClock(["[12:30:01 ERR] a", "[12:30:02 INF] b"], hint)).toMatchObject({ daily: true });
    const newestFirst = ["2026-05-20T12:30:31Z c", "2026-05-20T12:30:21Z b", "2026-05-20T12:30:01Z a"];
    expect(learnClock(newestFirst, hint)).toMatchObject({ ordered: false });
  });

  test("hostile lines cost time in proportion to their head, whatever they hold", () => {
    for (const part of ["2026-", "1:", "a.", "[", '"', "Mon ", "May 1 ", "\u001b[", "12/", " ", "w=", "GMT+", "{", "9"])
      expect(timeOf(part.repeat(200_000))).toBeNull();
  });
});
