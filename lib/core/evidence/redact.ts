/**
 * Secrets and personal data in text, replaced by typed marks before a model, a sample or a screen sees it. What is found goes by
 * form alone (published prefixes, checksums, separators), so that ordinary identifiers survive.
 */
export interface Redacted {
  text: string;
  /** How many of each kind were replaced. */
  found: Partial<Record<SecretKind, number>>;
}

export const SECRET_KINDS = [
  "private_key",
  "api_key",
  "jwt",
  "bearer",
  "basic_auth",
  "password",
  "email",
  "card",
  "ip",
] as const;
export type SecretKind = (typeof SECRET_KINDS)[number];

/** Text beyond this is cut, and says so: nobody reads a log line of a megabyte, and work stays bounded. */
export const REDACT_CHARS = 200_000;

interface Rule {
  kind: SecretKind;
  /**
   * Linear in the text, however hostile it is: a long repetition begins only where its run of characters begins, or consumes the
   * run whatever follows, so that no character is read again and again. `evals/hostile` counts the steps of every pattern.
   */
  pattern: RegExp;
  /** Text that every match holds: without it the pattern is not tried. */
  hint?: string;
  /** What stays in front of the mark: the group `keep`. */
  keep?: boolean;
  holds?: (found: string) => boolean;
}

const RULES: readonly Rule[] = [
  {
    kind: "private_key",
    hint: "PRIVATE KEY-----",
    pattern: /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]{0,16000}(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?/g,
  },
  {
    // Only the first `eyJ` of a run of such characters can begin a token: a later one lies within it.
    kind: "jwt",
    hint: "eyJ",
    pattern: /(?<![\w-])(?<keep>(?:(?!\beyJ)[\w-])*)\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g,
    keep: true,
  },
  {
    // The prefixes that the issuers publish so that scanners can find them: AWS, GitHub, GitLab, Slack, Stripe, OpenAI, Anthropic,
    // Google, Groq, SendGrid, npm, Hugging Face, DigitalOcean, Twilio, Datadog-like application keys carry no prefix.
    kind: "api_key",
    pattern:
      /\b(?:(?:(?:AKIA|ASIA)[A-Z\d]{16}|gh[pousr]_[A-Za-z\d]{20,}|github_pat_\w{20,}|(?:sk|rk|pk)_(?:live|test)_[A-Za-z\d]{10,}|AIza[\w-]{35}|gsk_[A-Za-z\d]{20,}|SG\.[\w-]{16,64}\.[\w-]{16,64}|npm_[A-Za-z\d]{36}|hf_[A-Za-z\d]{20,}|dop_v1_[a-f\d]{64}|SK[a-f\d]{32}|whsec_[A-Za-z\d+/=]{20,})(?![\w-])|(?:glpat-|sk-)[\w-]{20,}|(?:xox[abeprs]-|xapp-)[\w-]{10,})/g,
  },
  { kind: "bearer", pattern: /\b(?<keep>bearer\s{1,8})[\w.~+/=-]{8,}/gi, keep: true },
  {
    kind: "basic_auth",
    pattern: /\b(?<keep>authorization["']?\s{0,4}[:=]\s{0,4}["']?basic\s{1,8})[A-Za-z\d+/=]{6,}/gi,
    keep: true,
  },
  {
    kind: "basic_auth",
    hint: "://",
    pattern: /(?<keep>\b[a-z][a-z\d+.-]{1,20}:\/\/)[^\s:/@]*:[^\s/@]+(?=@)/gi,
    keep: true,
  },
  {
    kind: "password",
    pattern:
      /(?<keep>(?:password|passwd|pwd|passphrase|secret|api[_-]?key|access[_-]?key|auth[_-]?token|access[_-]?token|refresh[_-]?token|client[_-]?secret|session[_-]?token|private[_-]?key|token)["']?\s{0,4}(?:=|:(?!\/\/))\s{0,4})(?:"[^"\n]{3,}"|'[^'\n]{3,}'|[^\s"',;&)\]}]{3,})/gi,
    keep: true,
    // What is marked already, or says that it is absent or invalid, gives nothing away.
    holds: (found) =>
      !/[[<]|^["']?(?:null|none|undefined|true|false|invalid|missing|expired|required|not)\b/i.test(found),
  },
  { kind: "email", hint: "@", pattern: /(?<![\w.+-])[\w.+-]{1,64}@(?:[a-z\d-]{1,63}\.){1,8}[a-z]{2,24}(?![\w-])/gi },
  { kind: "card", pattern: /(?<![\d.,-])\d(?:[ -]?\d){12,18}(?![\d.,]?\d)/g, holds: isCard },
];

const IP: Rule = {
  kind: "ip",
  pattern: /(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.]*\d)/g,
};

/**
 * `text` with secrets and personal data replaced by `[redacted:kind]`. Idempotent. Addresses of machines stay unless `ips` is
 * set: they are what an incident is often about. Text over {@link REDACT_CHARS} is cut at that length, with a mark.
 */
export function redact(text: string, { ips = false }: { ips?: boolean } = {}): Redacted {
  const found: Redacted["found"] = {};
  let out = text.length > REDACT_CHARS ? `${text.slice(0, REDACT_CHARS)}…[cut]` : text;
  for (const rule of ips ? [...RULES, IP] : RULES) {
    if (rule.hint !== undefined && !out.includes(rule.hint)) continue;
    out = out.replace(rule.pattern, (...match: unknown[]) => {
      const whole = match[0] as string;
      const kept = rule.keep ? ((match.at(-1) as Record<string, string>)["keep"] ?? "") : "";
      if (rule.holds !== undefined && !rule.holds(whole.slice(kept.length))) return whole;
      found[rule.kind] = (found[rule.kind] ?? 0) + 1;
      return `${kept}[redacted:${rule.kind}]`;
    });
  }
  return { text: out, found };
}

/** 13 to 19 digits of a known scheme's first digit that pass Luhn's check (ISO/IEC 7812-1) and are not all alike. */
function isCard(found: string): boolean {
  const digits = found.replace(/\D/g, "");
  if (!/^[3-6]/.test(digits) || digits === digits[0]!.repeat(digits.length)) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
