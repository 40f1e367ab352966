import { renderToStaticMarkup } from "react-dom/server";
import { expect, it } from "vitest";
import { Meter } from "./meter";

it("has a name for everybody, shown or not", () => {
  const shown = renderToStaticMarkup(<Meter value={0.5} label="Confidence" />);
  expect(shown).toContain('aria-label="Confidence"');
  expect(shown).toContain(">Confidence<");
  const hidden = renderToStaticMarkup(<Meter value={0.5} label="Expected success" labelHidden />);
  expect(hidden).toContain('aria-label="Expected success"');
  expect(hidden).not.toContain(">Expected success<");
});
