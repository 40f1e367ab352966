import { hash } from "node:crypto";
import type { Scalar } from "./shape";

/** Names a series of points: its metric and all of its attributes, whatever their order. 64 bits of SHA-256. */
export const seriesOf = (metric: string, attributes: readonly string[]): string =>
  short([metric, ...attributes.toSorted()].join("\n"));

/** 64 bits of SHA-256, for what is told apart within one session or sender. */
export const short = (text: string): string => hash("sha256", text, "base64url").slice(0, 11);

/** A text that is only compared, as a hash; null of what is none, or of an empty list. */
export const hashed = (value: Scalar | null): string | null =>
  typeof value === "string" && value !== "" && value !== "[]" ? short(value) : null;
