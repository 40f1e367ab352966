import type protobuf from "protobufjs/minimal.js";
import { WANTED } from "./aliases";
import { ATTRIBUTE_CHARS, LIST_ITEMS, type Scalar, type Signal } from "./shape";
import { WrongSignal } from "./wrong-signal";

/** Fields of OTLP's messages, read off the wire one by one. */
export type Reader = protobuf.Reader;

export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;

/** Calls `field` for each field of the message that ends at `end`; what it does not read (returns false) is skipped. */
export function eachField(r: Reader, end: number, field: (number: number, wire: number) => boolean): void {
  while (r.pos < end) {
    const tag = r.uint32();
    if (!field(tag >>> 3, tag & 7)) r.skipType(tag & 7);
  }
  if (r.pos !== end) throw new RangeError("a message is longer than it says");
}

/** Epoch ns as ms, to the microsecond. */
export const time = (r: Reader): number => {
  const low = r.fixed32();
  return Math.round((r.fixed32() * 2 ** 32 + low) / 1e3) / 1e3;
};
export const signed64 = (r: Reader): number => {
  const low = r.fixed32();
  return r.sfixed32() * 2 ** 32 + low;
};
const int64 = (r: Reader): number => {
  const value = r.int64() as unknown as number | { toNumber(): number };
  return typeof value === "number" ? value : value.toNumber();
};

/** The bytes of a sub-message, read where it stands: from where to where. */
export const sub = (r: Reader): number => {
  const length = r.uint32();
  const end = r.pos + length;
  if (end > r.len) throw new RangeError("a message ends too early");
  return end;
};

/** Reads the sub-message that stands here, of which one field matters. */
export function eachOf(r: Reader, wanted: number, wire: number, read: () => void): void {
  eachField(r, sub(r), (field, type) => {
    if (field !== wanted || type !== wire) return false;
    read();
    return true;
  });
}

export function expectWire(wire: number, wanted: number, signal: Signal): void {
  if (wire !== wanted) throw new WrongSignal(signal);
}

/** A value, as far as it is one: lists of texts are joined, what nests deeper is nothing. */
export function anyValue(r: Reader, end: number, chars: number): Scalar | null {
  let value: Scalar | null = null;
  eachField(r, end, (field, wire) => {
    if (field === 1 && wire === BYTES) value = r.string().slice(0, chars);
    else if (field === 2 && wire === VARINT) value = r.bool();
    else if (field === 3 && wire === VARINT) value = int64(r);
    else if (field === 4 && wire === FIXED64) value = r.double();
    else if (field === 5 && wire === BYTES) value = textList(r, sub(r));
    else return false;
    return true;
  });
  return value;
}

function textList(r: Reader, end: number): string | null {
  const texts: string[] = [];
  eachField(r, end, (field, wire) => {
    if (field !== 1 || wire !== BYTES || texts.length >= LIST_ITEMS) return false;
    eachOf(r, 1, BYTES, () => void texts.push(r.string().slice(0, ATTRIBUTE_CHARS / LIST_ITEMS)));
    return true;
  });
  return texts.length > 0 ? texts.join(",") : null;
}

export const bag = (): Record<string, Scalar> => Object.create(null) as Record<string, Scalar>;

/** Reads one KeyValue into `into` if its name is asked for. */
export function attribute(r: Reader, into: Record<string, Scalar>): void {
  const end = sub(r);
  let key = "";
  let value = -1;
  let valueEnd = -1;
  eachField(r, end, (field, wire) => {
    if (field === 1 && wire === BYTES) key = r.string();
    else if (field === 2 && wire === BYTES) {
      valueEnd = sub(r);
      value = r.pos;
      r.pos = valueEnd;
    } else return false;
    return true;
  });
  if (value < 0 || !WANTED.has(key)) return;
  r.pos = value;
  const scalar = anyValue(r, valueEnd, ATTRIBUTE_CHARS);
  r.pos = end;
  if (scalar !== null) into[key] = scalar;
}

export function hex(r: Reader): string {
  const bytes = r.bytes();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}
