import { z } from "zod";

/** Where something is; slashes at its end are cut off. */
export const address = z
  .url({ protocol: /^https?$/ })
  .transform((value) => value.replace(/(?<!\/)\/+$/, ""))
  .optional();
/** Where requests with a key of ours go: nothing of it may name a person, or be cut off by what is appended. */
export const upstream = z
  .url({ protocol: /^https?$/ })
  .refine((value) => {
    if (!URL.canParse(value)) return false;
    const { username, password, search, hash } = new URL(value);
    return !username && !password && !search && !hash;
  }, "must be an http(s) URL without credentials, query or fragment")
  .transform((value) => value.replace(/(?<!\/)\/+$/, ""))
  .optional();
/** The origin of a URL, whatever follows it. */
export const origin = z
  .url({ protocol: /^https?$/ })
  .transform((value) => new URL(value).origin)
  .optional();
