import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Locator, Page } from "@playwright/test";
import { expect } from "../people";
import { expectAccessible, expectSoundOnPhone, inEachTheme, live } from "../page";
import { film } from "./film";
import { indexPage, type Told } from "./index-page";

/** What was found to be so, in words, and what on the screen shows it. */
export interface Claim {
  says: string;
  /** Is scrolled into view and ringed. */
  shows: Locator;
}

/** Tells a story on a page: each caption is a claim, and its words exist only once it was found to be so. */
export async function teller(browser: Browser, page: Page, phone: Page, folder: string) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const reel = await film(page);
  const told: Told[] = [];
  let chapter = "";

  return {
    chapter(title: string) {
      chapter = title;
      reel.chapter(title);
    },
    /** Finds out, and only then says. The picture is taken when the page is whole. */
    async tell(claim: () => Promise<Claim>): Promise<void> {
      const { says, shows } = await claim();
      await live(page);
      await expect(page.locator(".skeleton")).toHaveCount(0);
      await expect(shows).toBeVisible();
      await shows.evaluate((element, bar) => {
        const tall = element.clientHeight > innerHeight - 2 * bar;
        element.scrollIntoView({ block: tall ? "start" : "center", behavior: "instant" });
        if (tall) scrollBy({ top: -bar, behavior: "instant" });
      }, BELOW_BAR);
      const ring = await shows.boundingBox();
      await reel.still(says, ring);
      // Still so after the picture was taken.
      await expect(shows).toBeVisible();
      told.push({ chapter, says, also: [] });
      console.log(`${reel.clock()}  ${chapter}: ${says}`);
    },
    /** Looks at this page in the other theme and on a phone, where everybody has to be able to read it too. */
    async lookAround(): Promise<void> {
      const { pathname, search } = new URL(page.url());
      const number = numberOf(told.length);
      const save = async (of: Page, name: string) => {
        await of.screenshot({ path: join(folder, name) });
        told.at(-1)!.also.push(name);
      };
      await reel.unseen(async () => {
        // One after the other: agents that have to wait for a core are slower than they were, which is not the story.
        await inEachTheme(page, async (theme) => {
          await expectAccessible(page);
          if (theme === "light") await save(page, `${number}-light.png`);
        });
        await expectSoundOnPhone(phone, pathname + search);
        await inEachTheme(phone, (theme) => save(phone, `${number}-phone-${theme}.png`));
      });
    },
    /** The page alone, without a caption. */
    picture: (name: string) => reel.unseen(() => page.screenshot({ path: join(folder, name) })),
    /** Writes the film, the stills, the preview and the page that shows them. */
    async end(): Promise<void> {
      const { video, preview, stills, ms } = await reel.cut(browser);
      expect(stills).toHaveLength(told.length);
      expect(preview.length).toBeLessThan(PREVIEW_BYTES);
      writeFileSync(join(folder, "walkthrough.webm"), video);
      writeFileSync(join(folder, "preview.webp"), preview);
      for (const [index, png] of stills.entries()) writeFileSync(join(folder, `${numberOf(index + 1)}.png`), png);
      writeFileSync(join(folder, "index.html"), indexPage(told.map((one, index) => ({ ...one, still: `${numberOf(index + 1)}.png` })))); // prettier-ignore
      await expectWatchable(browser, join(folder, "index.html"), ms);
    },
  };
}

/** Where the top bar ends that stays when a screen is scrolled, and a little air, in CSS pixels. */
const BELOW_BAR = 72;
/** A README is read on phones, too. */
const PREVIEW_BYTES = 3_000_000;

/** The page shows all its pictures, and its film plays to the end. */
async function expectWatchable(browser: Browser, file: string, ms: number): Promise<void> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(pathToFileURL(resolve(file)).href);
  await expectAccessible(page);
  const seen = await page.evaluate(async () => {
    const video = document.querySelector("video")!;
    const heard = (event: string) => new Promise((done) => video.addEventListener(event, done, { once: true }));
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
