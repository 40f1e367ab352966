/** One encoded picture of a video track. */
export interface Chunk {
  /** When it is shown, in ms from the start. */
  at: number;
  /** Whether it can be decoded by itself. */
  key: boolean;
  data: Buffer;
}

/** The numbers of the elements, as RFC 9559 (Matroska) has them. */
const ID = {
  EBML: "1a45dfa3", EBMLVersion: "4286", EBMLReadVersion: "42f7", EBMLMaxIDLength: "42f2", EBMLMaxSizeLength: "42f3",
  DocType: "4282", DocTypeVersion: "4287", DocTypeReadVersion: "4285",
  Segment: "18538067",
  Info: "1549a966", TimestampScale: "2ad7b1", MuxingApp: "4d80", WritingApp: "5741", Duration: "4489",
  Tracks: "1654ae6b", TrackEntry: "ae", TrackNumber: "d7", TrackUID: "73c5", TrackType: "83", FlagLacing: "9c", CodecID: "86",
  Video: "e0", PixelWidth: "b0", PixelHeight: "ba",
  Cues: "1c53bb6b", CuePoint: "bb", CueTime: "b3", CueTrackPositions: "b7", CueTrack: "f7", CueClusterPosition: "f1",
  Cluster: "1f43b675", Timestamp: "e7", SimpleBlock: "a3",
} as const; // prettier-ignore

/** An element with its size in eight bytes, so that no size depends on another. */
function element(name: keyof typeof ID, ...parts: (Buffer | number | string)[]): Buffer {
  const body = Buffer.concat(parts.map(bytesOf));
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE((1n << 56n) | BigInt(body.length));
  return Buffer.concat([Buffer.from(ID[name], "hex"), size, body]);
}

function bytesOf(part: Buffer | number | string): Buffer {
  if (typeof part === "string") return Buffer.from(part);
  if (typeof part !== "number") return part;
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(part));
  return bytes;
}

const NANOSECONDS_IN_MS = 1_000_000;
const TRACK = 1;
const VIDEO_TRACK = 1;
const KEY_FRAME = 0x80;

/**
 * A WebM file (RFC 9559) of one VP9 track, in which a player can jump to every key frame. The first chunk has to be one, and
 * chunks between two of them span at most 32 s, since a block says its time in 16 bits.
 */
export function webm(chunks: readonly Chunk[], size: { width: number; height: number }, ms: number): Buffer {
  const groups: [Chunk, ...Chunk[]][] = [];
  for (const chunk of chunks) {
    if (chunk.key) groups.push([chunk]);
    else groups.at(-1)!.push(chunk);
  }
  const clusters = groups.map((group) =>
    element("Cluster", element("Timestamp", group[0].at), ...group.map((chunk) => block(chunk, group[0].at))),
  );
  const duration = Buffer.alloc(8);
  duration.writeDoubleBE(ms);
  const made = "sentinel";
  const info = element(
    "Info",
    element("TimestampScale", NANOSECONDS_IN_MS),
    element("MuxingApp", made),
    element("WritingApp", made),
    element("Duration", duration),
  );
  const picture = element("Video", element("PixelWidth", size.width), element("PixelHeight", size.height));
  const numbers = [element("TrackNumber", TRACK), element("TrackUID", TRACK), element("TrackType", VIDEO_TRACK)];
  const tracks = element(
    "Tracks",
    element("TrackEntry", ...numbers, element("FlagLacing", 0), element("CodecID", "V_VP9"), picture),
  );
  // Positions count from the begin of the segment's body. All cues together are as long whatever they say.
  const cues = (first: number): Buffer => {
    let position = first;
    const points = groups.map((group, index) => {
      const where = element(
        "CueTrackPositions",
        element("CueTrack", TRACK),
        element("CueClusterPosition", index === 0 ? position : (position += clusters[index - 1]!.length)),
      );
      return element("CuePoint", element("CueTime", group[0].at), where);
    });
    return element("Cues", ...points);
  };
  const before = info.length + tracks.length;
  const head = element(
    "EBML",
    element("EBMLVersion", 1),
    element("EBMLReadVersion", 1),
    element("EBMLMaxIDLength", 4),
    element("EBMLMaxSizeLength", 8),
    element("DocType", "webm"),
    element("DocTypeVersion", 4),
    element("DocTypeReadVersion", 2),
  );
  return Buffer.concat([head, element("Segment", info, tracks, cues(before + cues(0).length), ...clusters)]);
}

function block({ at, key, data }: Chunk, from: number): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt8(0x80 | TRACK, 0);
  head.writeInt16BE(at - from, 1);
  head.writeUInt8(key ? KEY_FRAME : 0, 3);
  return element("SimpleBlock", head, data);
}
