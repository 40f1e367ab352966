import { expect, test } from "vitest";
import { recordOf } from "./record";
import { perfectService } from "./test-trajectories";

test("every fact stands in a line of its own, in seconds after the alert", () => {
  const { trajectory, truth } = perfectService();
  const record = recordOf(trajectory, truth);
  expect(record).toEqual(
    expect.arrayContaining([
      "subject: service web-1, alerted at 0 s",
      "truth: there is a fault, it began at -60 s",
      "truth: severity 5 to 7 of 10",
      "truth: right causes checkout-2/deploy_regression; acceptable none",
      "truth: harmful remedies restart on db-4 (* is any)",
      "incident: opened at 30 s, severity 6 of 10, verdict fault",
      "incident: estimated onset -60 s, between -120 s and 0 s",
      "summary: Impact: web-1, severity 6 of 10.",
      "cause: 1. checkout-2/deploy_regression, confidence 0.80, cites c1, m1, l1: checkout-2 changed",
      'tool call: read_metrics {"node":"web-1","minutes":30} succeeded after 0 s',
      "hold: none",
      "could not be read: traces",
      "finding: c1 (change, checkout-2): deploy of checkout-2",
    ]),
  );
  expect(record.at(-1)).toBe("post-mortem: # Post-mortem");
});

test("where no incident was opened, that is said", () => {
  const { trajectory, truth } = perfectService();
  expect(recordOf({ ...trajectory, opened: null }, truth).at(-1)).toBe("incident: none was opened");
});

test("a secret that spans lines is taken out before they are split", () => {
  const { trajectory, truth } = perfectService();
  const key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG\n9w0BAQEFAASC\n-----END PRIVATE KEY-----";
  trajectory.opened!.messages.postmortem = `before\n${key}\nafter`;
  trajectory.opened!.findings[0]!.text = `logged ${key}`;
  const record = recordOf(trajectory, truth);
  expect(record.join("\n")).not.toMatch(/MIIEvQ|9w0BAQ/);
  expect(record.slice(-3)).toEqual(["post-mortem: before", "post-mortem: [redacted:private_key]", "post-mortem: after"]); // prettier-ignore
});
