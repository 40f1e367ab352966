import { readFileSync } from "node:fs";
import type { Browser } from "@playwright/test";
import { animatedWebp } from "./webp";
import { type Chunk, webm } from "./webm";

/** What stands below a picture: in which chapter, how long after the begin it was taken, and what is claimed of it. */
export interface Caption {
  chapter: string;
  clock: string;
  text: string;
  /** What the caption speaks of, in CSS pixels of the picture. */
  ring: { x: number; y: number; width: number; height: number } | null;
}
/** One picture of the film, shown from `at` (ms) on. */
export interface Frame {
  at: number;
  /** A file, JPEG or PNG. */
  image: Buffer;
  caption: Caption;
  /** A key frame of the film, and a still of its own. */
  still: boolean;
}
export interface Cut {
  video: Buffer;
  preview: Buffer;
  /** PNG files of the stills, in order. */
  stills: Buffer[];
  /** How long the film is. */
  ms: number;
}

export const PICTURE = { width: 1440, height: 900 };
/** Below the picture, so that no caption covers what it speaks of. */
const STRIP = 116;
const FILM = { width: PICTURE.width, height: PICTURE.height + STRIP };
/** A preview stands in a README, about 900 pixels wide. */
const PREVIEW = { width: 960, height: Math.round((960 * FILM.height) / FILM.width) };
const PREVIEW_QUALITY = 0.72;
const PREVIEW_MS = 2_600;
/** Screens are flat: what this leaves over looks like the original. */
const BITS_PER_SECOND = 2_000_000;
/** WebCodecs are for secure pages only. Nothing is asked of this host: all that it serves comes from here. */
const ROOM = "https://film.invalid";
const FONT = "node_modules/geist/dist/fonts/geist-sans/Geist-Variable.woff2";
/** VP9, profile 0, level 4: up to 2,228,224 pixels. */
const CODEC = "vp09.00.40.08";

/** Draws, encodes and packs the film with what a browser can do. `ms`: how long it is. */
export async function cut(browser: Browser, frames: readonly Frame[], ms: number): Promise<Cut> {
  const page = await browser.newPage();
  await page.route(`${ROOM}/**`, (route) => {
    const path = new URL(route.request().url()).pathname.slice(1);
    if (path === "") return route.fulfill({ contentType: "text/html", body: "<!doctype html><title>cutting room</title>" });
    if (path === "font") return route.fulfill({ contentType: "font/woff2", body: readFileSync(FONT) });
    return route.fulfill({ body: frames[Number(path)]!.image });
  }); // prettier-ignore
  await page.goto(ROOM);
  const made = await page.evaluate(inTheRoom, {
    frames: frames.map(({ at, caption, still }) => ({ at, caption, still })),
    picture: PICTURE,
    film: FILM,
    small: PREVIEW,
    quality: PREVIEW_QUALITY,
    codec: CODEC,
    bitrate: BITS_PER_SECOND,
  });
  await page.close();
  const bytes = (base64: string) => Buffer.from(base64, "base64");
  const chunks: Chunk[] = made.chunks.map(({ at, key, data }) => ({ at, key, data: bytes(data) }));
  return {
    video: webm(chunks, FILM, ms),
    preview: animatedWebp(
      made.small.map((file) => ({ file: bytes(file), ms: PREVIEW_MS })),
      PREVIEW,
    ),
    stills: made.stills.map(bytes),
    ms,
  };
}

interface Work {
  frames: { at: number; caption: Caption; still: boolean }[];
  picture: { width: number; height: number };
  film: { width: number; height: number };
  small: { width: number; height: number };
  quality: number;
  codec: string;
  bitrate: number;
}

/** Runs in the browser: nothing of this file is known there. */
async function inTheRoom({ frames, picture, film, small, quality, codec, bitrate }: Work) {
  const font = new FontFace("Caption", "url(/font)", { weight: "100 900" });
  document.fonts.add(await font.load());
  const canvas = new OffscreenCanvas(film.width, film.height);
  const pen = canvas.getContext("2d", { alpha: false })!;
  const thumb = new OffscreenCanvas(small.width, small.height);
  const brush = thumb.getContext("2d", { alpha: false })!;
  brush.imageSmoothingQuality = "high";

  const base64 = (blob: Blob) =>
    new Promise<string>((done) => {
      const reader = new FileReader();
      reader.addEventListener("load", () => done((reader.result as string).split(",", 2)[1] ?? ""));
      reader.readAsDataURL(blob);
    });
  function linesOf(text: string, width: number): string[] {
    const lines = [""];
    for (const word of text.split(" ")) {
      const longer = `${lines.at(-1)} ${word}`.trim();
      if (pen.measureText(longer).width <= width) lines[lines.length - 1] = longer;
      else lines.push(word);
    }
    return lines;
  }
  function draw(image: ImageBitmap, { chapter, clock, text, ring }: Caption): void {
    pen.fillStyle = "#0a0b0f";
    pen.fillRect(0, 0, film.width, film.height);
    pen.drawImage(image, 0, 0, picture.width, picture.height);
    if (ring) {
      const pad = 6;
      const left = Math.max(4, ring.x - pad);
      const top = Math.max(4, ring.y - pad);
      const right = Math.min(picture.width - 4, ring.x + ring.width + pad);
      const bottom = Math.min(picture.height - 4, ring.y + ring.height + pad);
      pen.strokeStyle = "#f5b83d";
      pen.lineWidth = 3;
      pen.beginPath();
      pen.roundRect(left, top, right - left, bottom - top, 12);
      pen.stroke();
    }
    const y = picture.height;
    pen.fillStyle = "#f5b83d";
    pen.fillRect(0, y, film.width, 2);
    pen.font = "600 15px Caption";
    pen.fillText(chapter, 32, y + 30);
    pen.fillStyle = "#9aa0ad";
    pen.textAlign = "right";
    pen.fillText(clock, film.width - 32, y + 30);
    pen.textAlign = "left";
    pen.fillStyle = "#f4f5f8";
    pen.font = "500 25px Caption";
    for (const [index, line] of linesOf(text, film.width - 64).entries()) pen.fillText(line, 32, y + 64 + index * 33);
  }

  const chunks: { at: number; key: boolean; data: Blob }[] = [];
  let broken: Error | null = null;
  const encoder = new VideoEncoder({
    output: (chunk) => {
      const data = new Uint8Array(chunk.byteLength);
      chunk.copyTo(data);
      chunks.push({ at: chunk.timestamp / 1_000, key: chunk.type === "key", data: new Blob([data]) });
    },
    error: (error) => (broken = error),
  });
  encoder.configure({ codec, ...film, bitrate, latencyMode: "quality" });
  const stills: string[] = [];
  const smalls: string[] = [];
  for (const [index, { at, caption, still }] of frames.entries()) {
    const image = await createImageBitmap(await (await fetch(`/${index}`)).blob());
    draw(image, caption);
    image.close();
    if (still) {
      stills.push(await base64(await canvas.convertToBlob({ type: "image/png" })));
      brush.drawImage(canvas, 0, 0, small.width, small.height);
      smalls.push(await base64(await thumb.convertToBlob({ type: "image/webp", quality })));
    }
    const frame = new VideoFrame(canvas, { timestamp: at * 1_000 });
    encoder.encode(frame, { keyFrame: still || index === 0 });
    frame.close();
    if (broken) throw broken;
    while (encoder.encodeQueueSize > 8)
      await new Promise((done) => encoder.addEventListener("dequeue", done, { once: true }));
  }
  await encoder.flush();
  encoder.close();
  return {
    chunks: await Promise.all(chunks.map(async ({ at, key, data }) => ({ at, key, data: await base64(data) }))),
    stills,
    small: smalls,
  };
}
