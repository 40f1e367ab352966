import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { maskLine } from "./log-masks";

describe("maskLine", () => {
  it.each([
    ["connected to 10.1.2.3:8080 in 35 ms", "connected to <*> in <*>"],
    ["took 1.5s, then 20 seconds", "took <*>, then <*>"],
    ["freed 900 B and 2 KB", "freed <*> and <*>"],
    ["sent 2048 bytes (2 KB) to peer", "sent <*> to peer"],
    ["took 20 ms.", "took <*>."],
    ["sent 9 bytes to peer", "sent <*> to peer"],
    ["lifetime <1 sec", "lifetime <*>"],
    ["id 6f9619ff-8b86-d011-b42d-00c04fc964ff gone", "id <*> gone"],
    ["commit deadbeefcafe pushed", "commit <*> pushed"],
    ["the facade faded", "the facade faded"],
    ["at 0xdeadbeef", "at <*>"],
    ["open /etc/passwd: denied", "open <*>: denied"],
    ["open C:\\temp\\file.txt: denied", "open <*>: denied"],
    ["read/write of load/store", "read/write of load/store"],
    ["GET https://shop.example/a?b=c failed", "GET <*> failed"],
    ["(see https://shop.example/a?b=c), gone", "(see <*>), gone"],
    ["mail from jo@shop.example refused", "mail from <*> refused"],
    ["peer shop.example:443 closed", "peer <*> closed"],
    ["peer fe80::1:abcd:ef closed", "peer <*> closed"],
    ["mac FF:AA:0B:CC:DD:EE seen", "mac <*> seen"],
    ["2024-05-01T10:11:12.345Z INFO started", "<*> INFO started"],
    ["at Sat Jul  9 12:59:44 2005", "at <*>"],
    ["May I wait for March 3", "May I wait for <*>"],
    ["ports 80, 443, 8080 open", "ports <*> open"],
    ["size_1=20 p95=3ms", "size_1=<*> p95=<*>"],
    ["from 10.0.0.1 () at noon", "from <*> () at noon"],
    ["from 10.0.0.1 (10.0.0.2) at noon", "from <*> (<*>) at noon"],
    ["init() ok", "init() ok"],
    ["illegal instruction......0", "illegal instruction......<*>"],
    ["took 3. Retrying.", "took <*>. Retrying."],
    ["user=root uid=0", "user=root uid=<*>"],
    ["  two \t blanks  ", "two blanks"],
    ["订单0支付成功", "订单<*>支付成功"],
    ["订单0支付失败，耗时35毫秒", "订单<*>支付失败，耗时<*>毫秒"],
    ["接続12がタイムアウトしました", "接続<*>がタイムアウトしました"],
    ["주문 123건이 실패했습니다", "주문 <*>건이 실패했습니다"],
    ["การเชื่อมต่อ7ล้มเหลว", "การเชื่อมต่อ<*>ล้มเหลว"],
    ["用户u17登录失败", "用户<*>登录失败"],
    ["打开/etc/passwd失败", "打开<*>失败"],
    ["连接　１２　断开：超时", "连接 <*> 断开：超时"],
    ["Verbindung zu Gerät-7 für Müller", "Verbindung zu Gerät-<*> für Müller"],
    ["eth0 up, worker-12 on ssh2.", "eth<*> up, worker-<*> on ssh<*>."],
    ["user root2 from 10.0.0.1", "user root<*> from <*>"],
    ["u1 b7f core.2275 pool-1-thread-3", "<*>"],
    ["Заказ 17 не оплачен", "Заказ <*> не оплачен"],
    ["", ""],
    [" \u0000\t ", ""],
    ["{}", "{}"],
    [`x ${"y".repeat(65)}`, "x <*>"],
  ])("%j", (line, masked) => expect(maskLine(line)).toBe(masked));

  it("answers any text, never longer than what is read and one value a word", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 3000 }), (line) => {
        const masked = maskLine(line);
        expect(masked.length).toBeLessThanOrEqual(3 * 2000);
        expect(masked).not.toMatch(/^ | $|\p{Cc}/u);
      }),
    );
  });

  it("does not depend on which number stands in a place", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (a, b) => {
        const line = (n: number) => `worker ${n} took ${n} ms at /srv/${n}/x (try ${n})`;
        expect(maskLine(line(a))).toBe(maskLine(line(b)));
      }),
    );
  });

  /** Characters looked at: what the time is proportional to, and the same on every machine. */
  const looks = (line: string): number => {
    const spy = vi.spyOn(String.prototype, "charCodeAt");
    maskLine(line);
    const count = spy.mock.calls.length;
    spy.mockRestore();
    return count;
  };

  it.each([
    "1",
    "a:",
    "0:0:",
    "Mon ",
    "Mon,  Tue ",
    " ",
    ".",
    "....a",
    "1 B (",
    "(1 KB) ",
    "\u0000",
    "<1 ",
    "é",
    "C:\\",
    "x=1,",
    "订1",
    "订",
    "１",
  ])("reads a line of %j in linear time, and no more of a megabyte than of its beginning", (part) => {
    const line = (length: number) => part.repeat(Math.ceil(length / part.length));
    expect(looks(line(1800))).toBeLessThan(2.2 * looks(line(900)));
    expect(looks(line(1_000_000))).toBeLessThan(2.3 * looks(line(1000)));
    expect(maskLine(line(1_000_000))).toBe(maskLine(line(4000)));
  });

  it("looks at no character of any line more than a few times", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...Array.from("a:0 .(<>,-/@=é"), "Mon", "KB"), { maxLength: 2000 }),
        (parts) => {
          const line = parts.join("");
          expect(looks(line)).toBeLessThan(50 * line.length + 50);
        },
      ),
    );
  });
});
