import { z } from "zod";

const HeaderFields = z.record(z.string(), z.string());
/** Headers that every request carries; what HTTP does not allow is refused. */
const headersBy = (parse: (text: string) => Record<string, string>, must: string) =>
  z
    .string()
    .transform((text, context): Record<string, string> => {
      try {
        const parsed = parse(text);
        new Headers(parsed);
        return parsed;
      } catch {
        context.addIssue({ code: "custom", message: `must be ${must}` });
        return z.NEVER;
      }
    })
    .optional();
/** A JSON object. */
export const headers = headersBy(
  (text) => HeaderFields.parse(JSON.parse(text)),
  'a JSON object of headers, {"Name": "value"}',
);
/** As OpenTelemetry writes them: `name=value`, comma-separated, percent-encoded. */
export const otlpHeaders = headersBy((text) => {
  const pairs = text.split(",").map((pair) => /^([^=]+)=(.*)$/.exec(pair)!.map((part) => part.trim()));
  return Object.fromEntries(pairs.map(([, name, value]) => [name!, decodeURIComponent(value!)]));
}, "name=value, comma-separated, percent-encoded");
