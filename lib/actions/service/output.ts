/** Of each stream the beginning and the end are kept: how it started, and how it ended. Bytes. */
export const HEAD_BYTES = 8_192;
export const TAIL_BYTES = 24_576;
const NEWLINE = 10;

/**
 * Keeps a bounded part of a stream of any length, in bounded memory. Where something is left out, it is whole lines if there
 * are any: half a line may hold half a secret, which nobody would recognise as one.
 */
export function createOutput(): { add: (chunk: Buffer) => void; text: () => string } {
  let head = Buffer.alloc(0);
  let tail = Buffer.alloc(0);
  let cut = 0;
  return {
    add(chunk) {
      const room = HEAD_BYTES - head.length;
      if (room > 0) head = Buffer.concat([head, chunk.subarray(0, room)]);
      const rest = room > 0 ? chunk.subarray(room) : chunk;
      if (rest.length === 0) return;
      const all = Buffer.concat([tail, rest]);
      const over = Math.max(0, all.length - TAIL_BYTES);
      cut += over;
      tail = Buffer.from(all.subarray(over));
    },
    text() {
      if (cut === 0) return Buffer.concat([head, tail]).toString("utf8");
      const first = head.subarray(0, head.lastIndexOf(NEWLINE) + 1 || head.length);
      const last = tail.subarray(tail.indexOf(NEWLINE) + 1);
      const out = cut + head.length - first.length + tail.length - last.length;
      return `${first.toString("utf8")}… ${out} bytes left out …\n${last.toString("utf8")}`;
    },
  };
}
