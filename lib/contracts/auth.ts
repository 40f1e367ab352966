import { z } from "zod";
import { LINK_KINDS, ROLES } from "@/lib/core/base/vocabulary";
import { resource } from "./endpoint";
import { PATHS } from "./paths";
import { personName } from "./plain-text";

/** Shorter ones fall to a guess, longer ones only cost time to hash. */
export const PASSWORD_LENGTH = { min: 10, max: 128 } as const;

export const Email = z.string().trim().toLowerCase().pipe(z.email().max(200));
export const PersonName = personName(100);
export const Password = z.string().min(PASSWORD_LENGTH.min).max(PASSWORD_LENGTH.max);

export const PersonView = z
  .object({ id: z.string(), name: z.string(), email: z.string(), role: z.enum(ROLES) })
  .meta({ id: "Person" });
export type PersonView = z.infer<typeof PersonView>;

const Token = z.string().min(1).max(200).describe("the part after `#token=` in the link");

export const LinkCheckBody = z.object({ token: Token }).meta({ id: "LinkCheckBody" });
export const LinkCheckAnswer = z
  .object({
    kind: z.enum(LINK_KINDS),
    email: z.string().nullable().describe("whom it is for; null: chosen by the person (set-up)"),
    role: z.enum(ROLES),
    expires_at: z.int().describe("epoch ms"),
  })
  .meta({ id: "LinkCheckAnswer" });
export type LinkCheckAnswer = z.infer<typeof LinkCheckAnswer>;

export const LinkBody = z
  .object({
    token: Token,
    name: PersonName.optional().describe("set-up and invitation"),
    email: Email.optional().describe("set-up"),
    password: Password.optional().describe("set-up and invitation; with a sign-in link, a new password"),
  })
  .meta({ id: "LinkBody" });
export type LinkBody = z.infer<typeof LinkBody>;

export const SessionAnswer = z.object({ user: PersonView }).meta({ id: "SessionAnswer" });
export type SessionAnswer = z.infer<typeof SessionAnswer>;

export const SignInBody = z
  .object({ email: Email, password: z.string().min(1).max(PASSWORD_LENGTH.max) })
  .meta({ id: "SignInBody" });
export type SignInBody = z.infer<typeof SignInBody>;

/** Every other session of the person ends. */
export const ChangePasswordBody = z
  .object({ current_password: z.string().min(1).max(PASSWORD_LENGTH.max), new_password: Password })
  .meta({ id: "ChangePasswordBody" });
export type ChangePasswordBody = z.infer<typeof ChangePasswordBody>;

export const SIGN_IN = resource(PATHS.SIGN_IN, {
  POST: {
    auth: "public",
    summary: "Sign in by email and password: sets a cookie",
    body: SignInBody,
    response: SessionAnswer,
  },
});

export const SIGN_OUT = resource(PATHS.SIGN_OUT, {
  POST: {
    auth: "public",
    summary: "Sign out: ends the session and clears the cookie",
    response: z.object({ ok: z.literal(true) }),
  },
});

export const CHANGE_PASSWORD = resource(PATHS.CHANGE_PASSWORD, {
  POST: {
    auth: "viewer",
    summary: "Changes the password of the signed-in person",
    body: ChangePasswordBody,
    response: SessionAnswer,
  },
});

export const SESSION = resource(PATHS.SESSION, {
  GET: { auth: "viewer", summary: "Who is signed in", response: SessionAnswer },
});

export const LINK = resource(PATHS.LINK, {
  POST: {
    auth: "public",
    summary: "Uses a one-time link: creates the account if the link is for a new one, and signs in with a cookie",
    body: LinkBody,
    response: SessionAnswer,
  },
});

export const LINK_CHECK = resource(PATHS.LINK_CHECK, {
  POST: {
    auth: "public",
    summary: "What a one-time link is for, without using it up",
    body: LinkCheckBody,
    response: LinkCheckAnswer,
  },
});
