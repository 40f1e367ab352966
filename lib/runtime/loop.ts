import { log } from "@/lib/log";

/** How a loop works; `turn` is idempotent and finds its work by itself. */
export interface LoopInput<T> {
  /** As the log calls it. */
  name: string;
  turn: () => Promise<T>;
  /** Rest between two turns that are asked for, in ms. */
  restMs?: number;
}

/**
 * Turns of one kind of work in this process, at most one at a time. Whoever asks during a turn gets another one right after
 * it, even if the turn fails, and those who ask meanwhile share that one. A turn that fails is logged where nobody waits for it.
 */
export class Loop<T> {
  private running: Promise<T> | null = null;
  private again = false;
  private stopped = false;
  private timer: NodeJS.Timeout | null = null;
  /** The turn that was asked for and has not begun. */
  private asked: NodeJS.Timeout | null = null;
  /** A turn that is asked for later on. */
  private later: { timer: NodeJS.Timeout; at: number } | null = null;
  /** When the next turn that is asked for may begin, by the clock that nobody sets: ms as of performance.now(). */
  private restedAt = 0;

  constructor(private readonly input: LoopInput<T>) {}

  /** Takes a turn now, or right after the one that is under way, and gives what came of the last one. */
  async run(): Promise<T> {
    if (this.running) {
      this.again = true;
      return this.running;
    }
    this.running = this.turns();
    return this.running;
  }

  private async turns(): Promise<T> {
    for (;;) {
      this.again = false;
      const [ended] = await Promise.allSettled([this.turn()]);
      this.restedAt = performance.now() + (this.input.restMs ?? 0);
      const failed = ended.status === "rejected";
      if (this.again && !this.stopped) {
        if (failed) this.tellOf(ended.reason);
        continue;
      }
      // At once with the decision to end: who asks from here on must begin a turn, and not wait for one that has ended.
      this.running = null;
      if (failed) throw ended.reason;
      return ended.value;
    }
  }

  /** One turn; whatever it throws, it throws later, when `running` is set. */
  private async turn(): Promise<T> {
    return this.input.turn();
  }

  private tellOf(err: unknown): void {
    log().error({ err }, `${this.input.name} failed`);
  }

  /** Asks for a turn soon, without waiting for it. After `stop` nothing comes of it. */
  readonly soon = (): void => {
    if (this.stopped || this.asked) return;
    if (this.running) {
      this.again = true;
      return;
    }
    const rest = Math.max(0, this.restedAt - performance.now());
    this.asked = setTimeout(() => {
      this.asked = null;
      void this.run().catch((err: unknown) => this.tellOf(err));
    }, rest);
  };

  /** Asks for a turn in so many ms: what has to wait is not left to the next call of a cron. */
  readonly after = (ms: number): void => {
    const at = performance.now() + ms;
    if (this.stopped || (this.later && this.later.at <= at)) return;
    if (this.later) clearTimeout(this.later.timer);
    const timer = setTimeout(() => {
      this.later = null;
      this.soon();
    }, ms);
    this.later = { timer, at };
  };

  /** Takes a turn every so many ms as well, until stopped. */
  start(everyMs: number): void {
    this.stopped = false;
    this.timer ??= setInterval(this.soon, everyMs);
    this.soon();
  }

  /** Begins no more turns, and waits for the one under way, whatever becomes of it. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer) clearInterval(this.timer);
    if (this.asked) clearTimeout(this.asked);
    if (this.later) clearTimeout(this.later.timer);
    this.timer = null;
    this.asked = null;
    this.later = null;
    await this.running?.catch(() => undefined);
  }
}
