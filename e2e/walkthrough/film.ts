import type { Browser, Page } from "@playwright/test";
import { type Caption, type Cut, cut, type Frame, PICTURE } from "./cutting-room";

/** Enough for a pointer to be followed; each picture costs the machine that the story runs on. */
const FRAMES_PER_SECOND = 4;
const JPEG_QUALITY = 88;
/** What happens between two captions takes at most this long in the film, in ms: it is sped up, and says so. */
const BETWEEN_MS = 2_500;
/** As long as one needs to read a caption, and to look at what it speaks of. */
const READING_MS = 1_500;
const READING_MS_A_WORD = 170;

type Shot = { at: number; image: Buffer } & (
  | { chapter: string }
  | { chapter: string; text: string; ring: Caption["ring"] }
);
const isStill = (shot: Shot): shot is Shot & { text: string; ring: Caption["ring"] } => "text" in shot;

/** Films a page. Time passes in the film only while something is shown: a wait is short, a caption stands until it is read. */
export async function film(page: Page) {
  const began = Date.now();
  const shots: Shot[] = [];
  let chapter = "";
  let filming = true;
  await page.screencast.start({
    size: PICTURE,
    fps: FRAMES_PER_SECOND,
    quality: JPEG_QUALITY,
    onFrame: ({ data }) => void (filming && shots.push({ at: Date.now(), image: data, chapter })),
  });
  await page.screencast.showActions();
  return {
    chapter: (title: string) => void (chapter = title),
    /** How long the story has taken so far. */
    clock: () => clockOf(Date.now() - began),
    /** The page as it is now, with a caption. */
    async still(text: string, ring: Caption["ring"]) {
      const image = await this.unseen(() => page.screenshot());
      shots.push({ at: Date.now(), image, chapter, text, ring });
    },
    /** Does what nobody is to see, on the page without the pointer. */
    async unseen<T>(act: () => Promise<T>): Promise<T> {
      filming = false;
      await page.screencast.hideActions();
      try {
        return await act();
      } finally {
        await page.screencast.showActions();
        filming = true;
      }
    },
    async cut(browser: Browser): Promise<Cut> {
      await page.screencast.stop();
      const { frames, ms } = edit(shots, began);
      return cut(browser, frames, ms);
    },
  };
}

/** Gives each shot its time in the film, in ms from its begin. */
function edit(shots: readonly Shot[], began: number): { frames: Frame[]; ms: number } {
  const frames: Frame[] = [];
  let at = 0;
  let moving: Shot[] = [];
  let from = began;
  for (const shot of shots) {
    if (!isStill(shot)) {
      moving.push(shot);
      continue;
    }
    const took = shot.at - from;
    const speed = Math.max(1, took / BETWEEN_MS);
    let last = -Infinity;
    for (const { at: when, image, chapter } of moving) {
      const then = at + Math.round((when - from) / speed);
      if (then - last < 1_000 / FRAMES_PER_SECOND) continue;
      last = then;
      const clock = clockOf(when - began) + (speed >= 2 ? `, ${Math.round(speed)} times as fast` : "");
      frames.push({ at: then, image, still: false, caption: { chapter, clock, text: "", ring: null } });
    }
    at += Math.round(took / speed);
    const { image, chapter, text, ring } = shot;
    frames.push({ at, image, still: true, caption: { chapter, clock: clockOf(shot.at - began), text, ring } });
    at += READING_MS + READING_MS_A_WORD * text.split(" ").length;
    from = shot.at;
    moving = [];
  }
  return { frames, ms: at };
}

/** `3:07`, of ms since the story began. */
const clockOf = (ms: number): string =>
  `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1_000) % 60).padStart(2, "0")}`;
