import type { Locator, Page } from "@playwright/test";
import { expect } from "../people";
import type { Launched } from "../demo/demo";
import type { teller } from "./teller";
import type { World } from "./world";

/** What a chapter is told with. */
export interface Stage {
  page: Page;
  story: Awaited<ReturnType<typeof teller>>;
  world: World;
  demo: Launched;
  /** Opens a path of the console. */
  open: (path: string) => Promise<void>;
}

/** A titled part of a screen. */
export const panel = (page: Page, title: string): Locator =>
  page.locator("section.panel", { has: page.getByRole("heading", { name: title, exact: true }) });

/** Breaks something, as a person does on the overview, and leaves the dialog open. */
export async function inject(page: Page, title: string, agent?: string): Promise<void> {
  await page.getByRole("button", { name: "Inject a fault" }).click();
  if (agent !== undefined) {
    await page.getByLabel(`Agent for ${title}`).click();
    await page.getByRole("option", { name: agent, exact: true }).click();
  }
  await page.getByRole("button", { name: `Inject: ${title}`, exact: true }).click();
  await expect(page.getByText(`${title}: injected.`)).toBeVisible();
}
