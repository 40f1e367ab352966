/** One caption, and the other pictures of its moment. */
export interface Told {
  chapter: string;
  says: string;
  also: string[];
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

const STYLE = `
:root { color-scheme: light dark; --ink: light-dark(#16181d, #f0f1f4); --soft: light-dark(#5a606c, #a2a8b4); --line: light-dark(#dfe2e8, #2a2d35) }
body { margin: 0 auto; max-width: 72rem; padding: 2rem 1.25rem 5rem; font: 1rem/1.55 system-ui, sans-serif; color: var(--ink); background: light-dark(#fff, #0c0d11) }
h1 { font-size: 1.75rem; margin: 0 0 .25rem } h2 { font-size: 1.2rem; margin: 3.5rem 0 1rem; padding-top: 1.25rem; border-top: 1px solid var(--line) }
p { margin: 0 0 1rem } .soft { color: var(--soft) }
img, video { display: block; max-width: 100%; height: auto; border: 1px solid var(--line); border-radius: .5rem }
figure { margin: 0 0 2.25rem } figcaption { margin: 0 0 .6rem; font-weight: 500 }
.also { display: flex; gap: .75rem; align-items: flex-start; margin-top: .75rem; overflow-x: auto } .also img { max-width: none; height: 18rem; width: auto }`;

/** What was told, to be read and looked at in a browser: the film, then each moment with its pictures, by chapter. */
export function indexPage(moments: readonly (Told & { still: string })[]): string {
  const body = moments.map(({ chapter, says, still, also }, index) => {
    const head = chapter === moments[index - 1]?.chapter ? "" : `<h2>${escaped(chapter)}</h2>\n`;
    const more = also
      .toSorted()
      .map((file) => `<img src="${file}" alt="The same, ${whereOf(file)}" loading="lazy">`)
      .join("");
    return `${head}<figure><figcaption>${escaped(says)}</figcaption><img src="${still}" alt="The screen at that moment" loading="lazy">${more && `<div class="also" tabindex="0">${more}</div>`}</figure>`;
  });
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sentinel: a walkthrough</title><style>${STYLE}</style></head>
<body><main>
<h1>Sentinel: a walkthrough</h1>
<p class="soft">Filmed in a browser, on the demo. What each caption says was checked against the screen or the API before it was written. Waits are sped up; the clock at the right is the story's own.</p>
<video src="walkthrough.webm" poster="01.png" controls preload="metadata"></video>
${body.join("\n")}
</main></body>
</html>
`;
}

/** `07-phone-dark.png` is on a phone, in the dark theme. */
const whereOf = (file: string): string =>
  [file.includes("-phone") ? "on a phone" : "", file.includes("light") ? "in the light theme" : "in the dark theme"]
    .filter(Boolean)
    .join(", ");
