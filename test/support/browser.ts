import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { skip } from "./shared.js";

/** A Chromium that is installed; TOPIARY_CHROMIUM names one elsewhere. */
function executable(): string | undefined {
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  const places = (process.env.PATH ?? "").split(delimiter);
  const candidates = [
    process.env.TOPIARY_CHROMIUM ?? "",
    ...places.flatMap((place) => names.map((name) => join(place, name))),
  ];
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return path !== "";
    } catch {
      return false;
    }
  });
}

/** A real browser, or a test that says that it is skipped. */
export async function openBrowser(context: Mocha.Context): Promise<Browser> {
  const executablePath = executable();
  if (!executablePath) skip(context, "needs Chromium: apt-get install chromium, or set TOPIARY_CHROMIUM");
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

/** A page from a file, and everything that must not happen on it. */
export interface WatchedPage {
  readonly page: Page;
  /** Console messages, errors, dialogs, and requests for anything but the file itself. */
  readonly trouble: string[];
}

export async function watched(browser: Browser, path: string, dark = false): Promise<WatchedPage> {
  const page = await browser.newPage({
    viewport: { width: 1300, height: 900 },
    colorScheme: dark ? "dark" : "light",
  });
  const url = pathToFileURL(path).href;
  const trouble: string[] = [];
  page.on("console", (message) => trouble.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => trouble.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => trouble.push(`dialog: ${dialog.message()}`));
  page.on("request", (request) => {
    if (request.url() !== url) trouble.push(`request: ${request.url()}`);
  });
  await page.goto(url);
  return { page, trouble };
}
