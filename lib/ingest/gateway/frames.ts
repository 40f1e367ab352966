/** One message of a stream of server-sent events (WHATWG HTML, 9.2). */
export interface Frame {
  /** As it came, with the blank line that ends it. */
  raw: Buffer;
  /** Null: a comment, or fields without data. */
  data: string | null;
}

/** What an upstream sent is no stream that can be read, and so none that can be passed on: a call could hide in it. */
export class Garbled extends Error {
  override readonly name = "Garbled";
}

const LF = 0x0a;
const CR = 0x0d;

/**
 * Cuts a stream into its messages, wherever its pieces end. Linear, and keeps at most `most` bytes. Throws `Garbled` for a message
 * that is longer, or whose lines end with a CR alone: clients read those as line breaks, and nobody who means well sends them.
 */
export class Frames {
  #parts: Buffer[] = [];
  #size = 0;
  /** Bytes of the line that has not ended, and the last of them. */
  #line = 0;
  #last = 0;

  constructor(private readonly most: number) {}

  *push(piece: Buffer): Generator<Frame> {
    let from = 0;
    let at = 0;
    for (let end = piece.indexOf(LF); end >= 0; end = piece.indexOf(LF, at)) {
      const length = this.#line + end - at;
      const before = end > 0 ? piece[end - 1] : this.#last;
      at = end + 1;
      this.#line = 0;
      if (length > 1 || (length === 1 && before !== CR)) continue;
      this.#keep(piece.subarray(from, at));
      from = at;
      const raw = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts);
      this.#parts = [];
      this.#size = 0;
      yield { raw, data: dataOf(raw.toString("utf8")) };
    }
    this.#line += piece.length - at;
    if (piece.length > 0) this.#last = piece.at(-1)!;
    if (from < piece.length) this.#keep(piece.subarray(from));
  }

  /** Whether a message has begun and not ended. */
  get isOpen(): boolean {
    return this.#size > 0;
  }

  #keep(part: Buffer): void {
    this.#size += part.length;
    if (this.#size > this.most) throw new Garbled("a message of the stream is too long");
    this.#parts.push(part);
  }
}

function dataOf(text: string): string | null {
  const data: string[] = [];
  for (const ended of text.split("\n")) {
    const line = ended.endsWith("\r") ? ended.slice(0, -1) : ended;
    if (line.includes("\r")) throw new Garbled("a line of the stream has a stray carriage return");
    if (line === "data") data.push("");
    else if (line.startsWith("data:")) data.push(line.slice(line[5] === " " ? 6 : 5));
  }
  return data.length > 0 ? data.join("\n") : null;
}
