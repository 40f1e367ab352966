import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** A test of the first tier (`npm test`): every screen once. Whatever else a browser can do comes with `npm run test:all`. */
export const JOURNEY = "@journey";

/** The page hears of what happens. */
export const live = (page: Page): Promise<void> =>
  expect(page.locator("[data-connection]")).toHaveAttribute("data-connection", "live");

/** Nothing on the page that axe finds fault with, but for the rules `without`. */
export async function expectAccessible(page: Page, without: string[] = []): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(RULES).disableRules(without).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`)).toEqual([]);
}

/** Does it in each theme, the dark one last. */
export async function inEachTheme(page: Page, look: (theme: "light" | "dark") => Promise<void>): Promise<void> {
  for (const theme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: theme });
    await expect(page.locator("html")).toHaveClass(new RegExp(`\\b${theme}\\b`));
    await look(theme);
  }
}

/** The same in each theme: its colours are all that differs. */
export const expectAccessibleInBoth = (page: Page, without: string[] = []): Promise<void> =>
  inEachTheme(page, () => expectAccessible(page, without));

/** Awaited: after a change of size, charts are as wide as before until they have measured themselves anew. */
export const expectNoSidewaysScroll = (page: Page): Promise<void> =>
  expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);

/** Of a common phone, in CSS pixels. */
export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** Opens the screen at this path, and waits until all of it is there. */
export async function loaded(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await live(page);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.locator(".skeleton")).toHaveCount(0);
}

/** What a screen may never say: nobody knows that something is fixed for good, or what caused it. */
const BANNED = /\bfixed\b|caused by/i;

/** The screen at this path comes up whole, promises nothing, and can be read by everybody in both themes. */
export async function expectSoundScreen(page: Page, path: string): Promise<void> {
  await loaded(page, path);
  expect(await page.locator("body").innerText()).not.toMatch(BANNED);
  await expectAccessibleInBoth(page);
}

/** The same on a phone, where it has to fit as well. */
export async function expectSoundOnPhone(page: Page, path: string): Promise<void> {
  await loaded(page, path);
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);
}
