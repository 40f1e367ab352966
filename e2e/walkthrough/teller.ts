import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Locator, Page } from "@playwright/test";
import { expect } from "../people";
import { expectAccessible, expectNoSidewaysScroll, inEachTheme, live, loaded } from "../page";
import { film } from "./film";
import { indexPage, type Told } from "./index-page";

/** What was found to be so, in words, and what on the screen shows it. */
export interface Claim {
  says: string;
  /** Where it is shown, on the page that is filmed and on a phone's. Is scrolled into view and ringed. */
  shows: (page: Page) => Locator;
  /** What stands there, for everybody to read. */
  reads: string | RegExp;
}

/**
 * Tells a story on a page: each caption is a claim, and its words exist only once it was found to be so, by whoever finds out and on
 * the screen: in both themes, and in both on a phone.
 */
export async function teller(browser: Browser, page: Page, phone: Page, folder: string) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const reel = await film(page);
  const told: Told[] = [];
  let chapter = "";
  /** The screen that the phone shows; null where something was tapped on it. */
  let onPhone: string | null = null;

  const save = async (of: Page, name: string) => {
    await of.screenshot({ path: join(folder, name) });
    told.at(-1)!.also.push(name);
  };

  return {
    chapter(title: string) {
      chapter = title;
      reel.chapter(title);
    },
    /** Finds out, and only then says. `reach`: what is tapped on the phone to see it, where its screen does not show it by itself. */
    async tell(claim: () => Promise<Claim>, reach?: (phone: Page) => Promise<void>): Promise<void> {
      const { says, shows, reads } = await claim();
      const see = async (of: Page) => {
        await expect(shows(of), says).toBeVisible();
        await expect(shows(of), says).toContainText(reads, { useInnerText: true });
      };
      await whole(page);
      await see(page);
      await bring(shows(page));
      const ring = await shows(page).boundingBox();
      await reel.still(says, ring);
      told.push({ chapter, says, also: [] });
      const number = numberOf(told.length);
      await reel.unseen(async () => {
        // One after the other: agents that have to wait for a core are slower than they were, which is not the story.
        await inEachTheme(page, async (theme) => {
          await see(page);
          if (theme === "light") await save(page, `${number}-light.png`);
        });
        const { pathname, search } = new URL(page.url());
        if (onPhone !== pathname + search) await loaded(phone, pathname + search);
        onPhone = reach ? null : pathname + search;
        await reach?.(phone);
        await whole(phone);
        await expectNoSidewaysScroll(phone);
        await inEachTheme(phone, async (theme) => {
          await see(phone);
          await bring(shows(phone));
          await save(phone, `${number}-phone-${theme}.png`);
        });
      });
      console.log(`${reel.clock()}  ${chapter}: ${says}`);
    },
    /** The screens of the last caption, which everybody has to be able to read. */
    async lookAround(): Promise<void> {
      await reel.unseen(async () => {
        await inEachTheme(page, () => expectAccessible(page));
        await expectAccessible(phone);
      });
    },
    /** The page alone, without a caption. */
    picture: (name: string) => reel.unseen(() => page.screenshot({ path: join(folder, name) })),
    /** Writes the film, the stills, the preview and the page that shows them. Gives the time that the story took. */
    async end(): Promise<string> {
      const took = reel.clock();
      const { video, preview, stills, ms } = await reel.cut(browser);
      expect(stills).toHaveLength(told.length);
      expect(preview.length).toBeLessThan(PREVIEW_BYTES);
      writeFileSync(join(folder, "walkthrough.webm"), video);
      writeFileSync(join(folder, "preview.webp"), preview);
      for (const [index, png] of stills.entries()) writeFileSync(join(folder, `${numberOf(index + 1)}.png`), png);
      writeFileSync(join(folder, "index.html"), indexPage(told.map((one, index) => ({ ...one, still: `${numberOf(index + 1)}.png` })))); // prettier-ignore
      await expectWatchable(browser, join(folder, "index.html"), ms);
      return took;
    },
  };
}

/** The page hears of what happens, and all of it is there. */
async function whole(page: Page): Promise<void> {
  await live(page);
  await expect(page.locator(".skeleton")).toHaveCount(0);
}

/** Where the top bar ends that stays when a screen is scrolled, and a little air, in CSS pixels. */
const BELOW_BAR = 72;

/** Scrolls it to where it is seen: what is taller than the screen begins below the bar. */
const bring = (shown: Locator): Promise<void> =>
  shown.evaluate((element, bar) => {
    const tall = element.clientHeight > innerHeight - 2 * bar;
    element.scrollIntoView({ block: tall ? "start" : "center", behavior: "instant" });
    if (tall) scrollBy({ top: -bar, behavior: "instant" });
  }, BELOW_BAR);

/** A README is read on phones, too. */
const PREVIEW_BYTES = 3_000_000;

/** The page shows all its pictures, and its film plays to the end. */
async function expectWatchable(browser: Browser, file: string, ms: number): Promise<void> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(pathToFileURL(resolve(file)).href);
  await expectAccessible(page);
  const seen = await page.evaluate(async () => {
    const video = document.querySelector("video")!;
    const heard = (event: string) =>
      new Promise((done, fail) => {
        video.addEventListener(event, done, { once: true });
        video.addEventListener("error", () => fail(new Error(`the film: ${video.error?.message}`)), { once: true });
      });
    if (video.readyState === 0) await heard("loadedmetadata");
    const end = video.duration;
    video.currentTime = end - 0.1;
    await heard("seeked");
    const pictures = [...document.images];
    for (const picture of pictures) picture.loading = "eager";
    await Promise.all(pictures.map((picture) => picture.decode()));
    return { end, at: video.currentTime };
  });
  expect(seen.end).toBeCloseTo(ms / 1_000, 1);
  expect(seen.at).toBeCloseTo(seen.end - 0.1, 1);
  await page.context().close();
}

const numberOf = (count: number): string => String(count).padStart(2, "0");
