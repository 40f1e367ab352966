import type protobuf from "protobufjs/minimal.js";
import { HASHED, WANTED } from "./aliases";
import { addContent, Budget, contentName, type ContentTexts } from "./content";
import { hashed } from "./series";
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
  if (r.pos !== end) throw new RangeError("a message is longer than its declared length");
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
  if (end > r.len) throw new RangeError("a message is truncated");
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

/** A value as text, structured ones as JSON: what content is. */
export function valueText(r: Reader, end: number): string {
  const value = plainValue(r, end, 0, new Budget());
  return typeof value === "string" ? value : value === null ? "" : JSON.stringify(value);
}

function plainValue(r: Reader, end: number, depth: number, budget: Budget): unknown {
  let value: unknown = null;
  if (!budget.allows(depth)) {
    r.pos = end;
    return null;
  }
  eachField(r, end, (field, wire) => {
    if (field === 1 && wire === BYTES) value = r.string();
    else if (field === 2 && wire === VARINT) value = r.bool();
    else if (field === 3 && wire === VARINT) value = int64(r);
    else if (field === 4 && wire === FIXED64) value = r.double();
    else if (field === 5 && wire === BYTES) {
      const list: unknown[] = [];
      eachOf(r, 1, BYTES, () => void list.push(plainValue(r, sub(r), depth + 1, budget)));
      value = list;
    } else if (field === 6 && wire === BYTES) {
      const pairs: [string, unknown][] = [];
      eachOf(r, 1, BYTES, () => void pairs.push(plainPair(r, depth, budget)));
      value = Object.fromEntries(pairs);
    } else return false;
    return true;
  });
  return value;
}

function plainPair(r: Reader, depth: number, budget: Budget): [string, unknown] {
  let key = "";
  let value: unknown = null;
  eachField(r, sub(r), (field, wire) => {
    if (field === 1 && wire === BYTES) key = r.string();
    else if (field === 2 && wire === BYTES) value = plainValue(r, sub(r), depth + 1, budget);
    else return false;
    return true;
  });
  return [key, value];
}

/** Reads one KeyValue into `into` if its name is asked for, and into `content`, where that is given, if it is content. */
export function attribute(r: Reader, into: Record<string, Scalar>, content?: ContentTexts): void {
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
  if (value < 0) return;
  if (!WANTED.has(key)) {
    const name = content ? contentName(key) : null;
    if (name === null) return;
    r.pos = value;
    addContent(content!, name, valueText(r, valueEnd));
    r.pos = end;
    return;
  }
  r.pos = value;
  const scalar = HASHED.has(key) ? hashed(anyValue(r, valueEnd, Infinity)) : anyValue(r, valueEnd, ATTRIBUTE_CHARS);
  r.pos = end;
  if (scalar !== null) into[key] = scalar;
}

export function hex(r: Reader): string {
  const bytes = r.bytes();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}
