import { expect, test } from "vitest";
import { addressOf } from "./address";

test.each([
  ["198.51.100.7", 0, "198.51.100.7"],
  // Without a proxy of ours only the last is from whoever connected; what stands before it anybody may have written.
  ["203.0.113.9, 198.51.100.7", 0, "198.51.100.7"],
  ["203.0.113.9, 198.51.100.7", 1, "198.51.100.7"],
  ["1.1.1.1, 203.0.113.9, 10.0.0.1", 2, "203.0.113.9"],
  ["203.0.113.9", 3, "203.0.113.9"],
  ["::ffff:192.0.2.1", 0, "192.0.2.1"],
  ["2001:db8:0:1:2:3:4:5", 0, "2001:db8:0:1::/64"],
  ["2001:db8:0:1:ffff::9", 0, "2001:db8:0:1::/64"],
  ["2001:0db8::1", 0, "2001:db8:0:0::/64"],
  ["fe80::1%eth0", 0, "fe80:0:0:0::/64"],
  ["", 0, "unknown"],
])("X-Forwarded-For %j behind %i proxies: %s", (forwarded, proxies, address) => {
  expect(addressOf(new Headers({ "x-forwarded-for": forwarded }), proxies)).toBe(address);
});
