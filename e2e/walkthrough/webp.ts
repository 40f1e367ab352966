/** Bit of the extended header that says that there is more than one picture. */
const ANIMATED = 0x02;
/** Each picture replaces what was there. */
const NO_BLENDING = 0x02;
/** What holds the pixels of a picture, and its alpha. */
const PIXELS = ["VP8 ", "VP8L", "ALPH"];

function chunk(name: string, body: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(body.length);
  return Buffer.concat([Buffer.from(name), size, body, Buffer.alloc(body.length % 2)]);
}

/** The chunks of a WebP file that draw it, without what describes them. */
function pixelsOf(file: Buffer): Buffer {
  const found: Buffer[] = [];
  for (let at = 12; at < file.length;) {
    const length = 8 + file.readUInt32LE(at + 4);
    const whole = file.subarray(at, at + length + (length % 2));
    if (PIXELS.includes(whole.toString("latin1", 0, 4))) found.push(whole);
    at += whole.length;
  }
  return Buffer.concat(found);
}

const uint24 = (value: number): Buffer => Buffer.from([value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff]);

/** An animated WebP (RFC 9649) that repeats for ever, of still ones of this size and the ms that each is shown. */
export function animatedWebp(
  stills: readonly { file: Buffer; ms: number }[],
  size: { width: number; height: number },
): Buffer {
  const sides = Buffer.concat([uint24(size.width - 1), uint24(size.height - 1)]);
  const frames = stills.map(({ file, ms }) =>
    chunk("ANMF", Buffer.concat([uint24(0), uint24(0), sides, uint24(ms), Buffer.from([NO_BLENDING]), pixelsOf(file)])),
  );
  const body = Buffer.concat([
    Buffer.from("WEBP"),
    chunk("VP8X", Buffer.concat([Buffer.from([ANIMATED, 0, 0, 0]), sides])),
    chunk("ANIM", Buffer.alloc(6)),
    ...frames,
  ]);
  return chunk("RIFF", body);
}
