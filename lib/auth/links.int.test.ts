import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Db, write } from "@/lib/db/client";
import { openServerDb } from "@/lib/db/queries/test-world";
import { listUsers } from "@/lib/db/queries/users";
import { links } from "@/lib/db/schema";
import { checkLink, inviteLink, redeemLink, setupLink, signInLink } from "./links";
import { currentUser, signInByPassword, signOut } from "./people";
import { changeRole, dismiss } from "./roles";

const ORIGIN = "https://sentinel.test";
const NOBODY = new Headers();
const admin = { name: "Ada", email: "ada@example.com", password: "correct horse battery" };
const tokenOf = (link: { url: string } | null) => new URL(link!.url).hash.replace("#token=", "");
const cookie = (cookies: Headers) =>
  new Headers({
    cookie: cookies
      .getSetCookie()
      .map((line) => line.split(";")[0])
      .join("; "),
  });

let close: () => Promise<void>;
let db: Db;
beforeAll(async () => {
  ({ db, close } = await openServerDb());
});
afterAll(async () => {
  await close();
});
beforeEach(async () => {
  const tables = ["sessions", "accounts", "links", "users"];
  await write(
    db,
    tables.map((table) => ({ sql: `DELETE FROM ${table}`, args: [] })),
  );
});

const setUp = async () => redeemLink(db, { token: tokenOf(await setupLink(db, ORIGIN, 0)), ...admin }, NOBODY, 1);

test("the set-up link makes the first admin and signs them in", async () => {
  const link = await setupLink(db, ORIGIN, 0);
  expect(link?.url).toMatch(/^https:\/\/sentinel\.test\/setup#token=snl_[\w-]{43}$/);
  expect(await checkLink(db, tokenOf(link), 1)).toMatchObject({ kind: "setup", email: null, role: "admin" });
  const { person, cookies } = await redeemLink(db, { token: tokenOf(link), ...admin }, NOBODY, 1);
  expect(await currentUser(cookie(cookies))).toEqual(person);
  expect(person).toMatchObject({ name: "Ada", email: "ada@example.com", role: "admin" });
  expect(cookies.getSetCookie().join()).toMatch(/HttpOnly.*SameSite=Lax/i);
  expect(await setupLink(db, ORIGIN, 2)).toBeNull();
});

test("the token is kept as a hash only", async () => {
  const token = tokenOf(await setupLink(db, ORIGIN, 0));
  expect(JSON.stringify(await db.select().from(links))).not.toContain(token);
});

test("of many that use one link at once, one succeeds and one account is made", async () => {
  const token = tokenOf(await setupLink(db, ORIGIN, 0));
  const tries = Array.from({ length: 8 }, (_, i) =>
    redeemLink(db, { token, ...admin, email: `a${i}@example.com` }, NOBODY, 1),
  );
  const results = await Promise.allSettled(tries);
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(await listUsers(db)).toHaveLength(1);
});

test("two set-up links make one admin", async () => {
  const [a, b] = [await setupLink(db, ORIGIN, 0), await setupLink(db, ORIGIN, 0)];
  await redeemLink(db, { token: tokenOf(a), ...admin }, NOBODY, 1);
  const again = redeemLink(db, { token: tokenOf(b), ...admin, email: "b@example.com" }, NOBODY, 1);
  await expect(again).rejects.toMatchObject({ code: "gone" });
});

test("a used, expired or invented link is gone", async () => {
  const { person } = await setUp();
  const link = await signInLink(db, person.id, "t", ORIGIN, 10);
  await expect(redeemLink(db, { token: tokenOf(link) }, NOBODY, link.expiresAt)).rejects.toMatchObject({
    code: "gone",
  });
  await redeemLink(db, { token: tokenOf(link) }, NOBODY, link.expiresAt - 1);
  await expect(redeemLink(db, { token: tokenOf(link) }, NOBODY, 11)).rejects.toMatchObject({ code: "gone" });
  await expect(checkLink(db, "snl_invented", 1)).rejects.toMatchObject({ code: "gone" });
});

test("an invitation fixes email and role", async () => {
  await setUp();
  const link = await inviteLink(db, { email: "bob@example.com", role: "viewer", createdBy: "ada" }, ORIGIN, 0);
  const body = { token: tokenOf(link), name: "Bob", password: "a long password", email: "mallory@example.com" };
  const { person } = await redeemLink(db, body, NOBODY, 1);
  expect(person).toMatchObject({ email: "bob@example.com", role: "viewer" });
  const taken = inviteLink(db, { email: "bob@example.com", role: "admin", createdBy: "ada" }, ORIGIN, 2);
  await expect(taken).rejects.toMatchObject({ code: "conflict" });
});

test("what a link needs and did not get is named, and the link stays good", async () => {
  const token = tokenOf(await setupLink(db, ORIGIN, 0));
  await expect(redeemLink(db, { token, name: "Ada" }, NOBODY, 1)).rejects.toMatchObject({
    code: "invalid",
    details: { fields: [{ field: "email" }, { field: "password" }] },
  });
  expect(await listUsers(db)).toHaveLength(0);
  await redeemLink(db, { token, ...admin }, NOBODY, 1);
});

test("signing in by password, out, and with a wrong one", async () => {
  await setUp();
  const { cookies } = await signInByPassword(db, admin.email, admin.password, NOBODY);
  const headers = cookie(cookies);
  expect(await currentUser(headers)).toMatchObject({ email: admin.email });
  await signOut(headers);
  expect(await currentUser(headers)).toBeNull();
  for (const [email, password] of [
    [admin.email, "wrong horse battery"],
    ["nobody@example.com", admin.password],
  ] as const) {
    const attempt = signInByPassword(db, email, password, NOBODY);
    await expect(attempt).rejects.toMatchObject({
      code: "unauthenticated",
      message: "Wrong email or password.",
    });
  }
});

test("a forged or altered cookie is nobody's", async () => {
  const { cookies } = await setUp();
  const good = cookie(cookies).get("cookie")!;
  expect(await currentUser(new Headers({ cookie: good.slice(0, -4) }))).toBeNull();
  expect(await currentUser(new Headers({ cookie: "sentinel.session_token=abc.def" }))).toBeNull();
});

test("a sign-in link can set a new password, which ends older sessions", async () => {
  const { person, cookies } = await setUp();
  const link = await signInLink(db, person.id, "t", ORIGIN, 10);
  await redeemLink(db, { token: tokenOf(link), password: "another long one" }, NOBODY, 11);
  expect(await currentUser(cookie(cookies))).toBeNull();
  await expect(signInByPassword(db, admin.email, admin.password, NOBODY)).rejects.toMatchObject({
    code: "unauthenticated",
  });
  await signInByPassword(db, admin.email, "another long one", NOBODY);
});

test("the last admin can be neither demoted nor removed; a removed person's session ends", async () => {
  const ada = await setUp();
  await expect(changeRole(db, ada.person.id, "viewer", ada.person, 2)).rejects.toMatchObject({ code: "conflict" });
  await expect(dismiss(db, ada.person.id, ada.person, 2)).rejects.toMatchObject({ code: "conflict" });
  await expect(dismiss(db, "nobody", ada.person, 2)).rejects.toMatchObject({ code: "not_found" });
  const link = await inviteLink(db, { email: "bob@example.com", role: "admin", createdBy: "ada" }, ORIGIN, 0);
  const bob = await redeemLink(db, { token: tokenOf(link), name: "Bob", password: "a long password" }, NOBODY, 1);
  await Promise.allSettled([dismiss(db, ada.person.id, ada.person, 2), dismiss(db, bob.person.id, ada.person, 2)]);
  const left = await listUsers(db);
  expect(left).toMatchObject([{ role: "admin" }]);
  const [stays, went] = left[0]!.id === ada.person.id ? [ada, bob] : [bob, ada];
  expect(await currentUser(cookie(stays.cookies))).toEqual(stays.person);
  expect(await currentUser(cookie(went.cookies))).toBeNull();
});

test("people sign in while the write queue is busy", async () => {
  const { person } = await setUp();
  const busy = Array.from({ length: 300 }, (_, i) =>
    write(db, [{ sql: "INSERT INTO secrets (name, value, created_at) VALUES (?, ?, 0)", args: [`busy-${i}`, "x"] }]),
  );
  const people = Array.from({ length: 10 }, async () => {
    const link = await signInLink(db, person.id, "t", ORIGIN, 10);
    return redeemLink(db, { token: tokenOf(link) }, NOBODY, 11);
  });
  const signedIn = await Promise.all(people);
  await Promise.all(busy);
  for (const { cookies } of signedIn) expect(await currentUser(cookie(cookies))).toEqual(person);
});
