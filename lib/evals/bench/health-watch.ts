import { Agent, get } from "node:http";

/** A new question is asked this often, whether or not the ones before were answered: a server that stands still is asked on. */
const EVERY_MS = 20;
const TIMEOUT_MS = 60_000;

/** Times of answers in ms; one that never came counts as the whole wait. */
export type HealthTimes = number[];

// A process of its own, started with the address to ask: whoever sends the load must not slow the watch down.
const [url] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });
const times: HealthTimes = [];
const open = new Set<Promise<void>>();

const ask = () =>
  new Promise<void>((done) => {
    const began = performance.now();
    const end = () => {
      times.push(performance.now() - began);
      done();
    };
    const request = get(url!, { agent, timeout: TIMEOUT_MS }, (answer) => answer.resume().once("end", end));
    request.once("timeout", () => request.destroy()).once("error", end);
  });

const timer = setInterval(() => {
  const asked = ask();
  open.add(asked);
  void asked.then(() => open.delete(asked));
}, EVERY_MS);

process.once("message", async () => {
  clearInterval(timer);
  await Promise.all(open);
  process.send!(times, () => process.exit(0));
});
