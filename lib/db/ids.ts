import { createHash, randomBytes } from "node:crypto";
import { canonicalJson } from "@/lib/core/base/digest";

/** A new id that says what it names: `inc_…`. 120 random bits. */
export const newId = (prefix: string): string => `${prefix}_${randomBytes(15).toString("base64url")}`;

/** SHA-256 of the canonical JSON of a value, hex. Throws TypeError for what JSON cannot say. */
export const digestOf = (value: unknown): string => createHash("sha256").update(canonicalJson(value)).digest("hex");
