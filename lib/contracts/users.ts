import { z } from "zod";
import { ROLES } from "@/lib/core/base/vocabulary";
import { Email, PersonView } from "./auth";
import { resource } from "./endpoint";
import { PATHS } from "./paths";

export const UserView = PersonView.extend({ created_at: z.int().describe("epoch ms") }).meta({ id: "User" });
export type UserView = z.infer<typeof UserView>;

export const UsersAnswer = z.object({ users: z.array(UserView) }).meta({ id: "Users" });
export type UsersAnswer = z.infer<typeof UsersAnswer>;

/** An invitation; the account is made when the link is used. */
export const InviteBody = z.strictObject({ email: Email, role: z.enum(ROLES) }).meta({ id: "InviteBody" });
export type InviteBody = z.infer<typeof InviteBody>;

export const LinkAnswer = z
  .object({ link: z.url().describe("works once; shown only once"), expires_at: z.int().describe("epoch ms") })
  .meta({ id: "LinkAnswer" });
export type LinkAnswer = z.infer<typeof LinkAnswer>;

export const RoleBody = z.strictObject({ role: z.enum(ROLES) }).meta({ id: "RoleBody" });
export type RoleBody = z.infer<typeof RoleBody>;

export const UserParams = z.object({ id: z.string().min(1).max(100) });

export const USERS = resource(PATHS.USERS, {
  GET: { auth: "admin", summary: "Everybody with an account", response: UsersAnswer },
  POST: { auth: "admin", summary: "Invite a person", body: InviteBody, response: LinkAnswer, status: 201 },
});

export const USER = resource(PATHS.USER, {
  PATCH: {
    auth: "admin",
    summary: "Change a person's role",
    params: UserParams,
    body: RoleBody,
    response: UserView,
  },
  DELETE: { auth: "admin", summary: "Remove a person and end their sessions", params: UserParams },
});

export const USER_LINK = resource(PATHS.USER_LINK, {
  POST: {
    auth: "admin",
    summary: "A one-time sign-in link for a person (a forgotten password)",
    params: UserParams,
    response: LinkAnswer,
    status: 201,
  },
});
