// The studio's page with the tiny model, and hands for it: what it says it says to screen readers, too.

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { FIXTURE, start } from "./browser.mjs";

export const DESKTOP = { width: 1280, height: 800 }, PHONE = { width: 360, height: 740 };
/** A window in which there is little to draw, and to walk through: a software driver takes its time for both. */
export const SMALL = { viewport: { width: 760, height: 560 }, settings: { shows_library: false, shows_controls: false } };

/** A Chromium that opens studios. */
export async function startStudio() {
  const chromium = await start();
  const model = await stat(join(FIXTURE, "tiny-llama.gguf"));
  const catalogue = {
    models: [{ file: "/fixture/tiny-llama.gguf", name: "tiny-llama", about: "for tests", bytes: model.size }],
    bundles: [{ folder: "/fixture/bundle/", name: "tiny-reasoner", base: "tiny-llama.gguf", about: "for tests", bytes: 1 }],
  };
  return {
    ...chromium,
    /** The studio's page in a fresh profile; `errors` collects what it says on the console. */
    async open({ viewport = DESKTOP, controls = {}, settings = {}, offered = catalogue, ...options } = {}) {
      const context = await chromium.browser.newContext({ viewport, ...options });
      const page = await context.newPage();
      const errors = [];
      page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
      page.on("pageerror", (error) => errors.push(error.message));
      await page.route("**/studio/models.json", (route) => route.fulfill({ json: offered }));
      await page.goto(`${chromium.server.url}/studio/index.html?tier=portable`);
      await page.waitForSelector("#offer:not([hidden])");
      await keep(page, "settings.json", JSON.stringify({ controls: { policy: "chat", chat_tokens: 16, ...controls }, ...settings }));
      return { page, errors };
    },
  };
}

/** Puts a file where the studio keeps its own. */
const keep = (page, name, text) =>
  page.evaluate(
    async ([name, text]) => {
      const { openDisk } = await import("/studio/disk.js");
      const { database } = await openDisk();
      const transaction = database.transaction("files", "readwrite");
      transaction.objectStore("files").put(new TextEncoder().encode(text), name);
      await new Promise((resolve) => (transaction.oncomplete = resolve));
      database.close();
    },
    [name, text],
  );

/** What the studio has kept: `{name: text}`. */
const kept = (page) =>
  page.evaluate(async () => {
    const { openDisk } = await import("/studio/disk.js");
    const { database, files } = await openDisk();
    database.close();
    return Object.fromEntries(files.map(([name, bytes]) => [name, new TextDecoder().decode(bytes)]));
  });
export const conversations = async (page) => Object.entries(await kept(page)).filter(([name]) => name.startsWith("conversations/"));

/** The only run of the newest of so many conversations, once its last event is this. */
export async function run(page, count, last, patience = 200) {
  for (let tries = 0; tries < 2 * patience; tries++) {
    const found = await conversations(page);
    const run = found.length === count && JSON.parse(found.at(-1)[1].split("\n")[1]);
    if (run && run.events.at(-1)?.event === last) return run;
    await page.waitForTimeout(500);
  }
  throw new Error(`after ${patience} s there are ${JSON.stringify(await kept(page)).slice(-2000)}`);
}

/** Opens the window. */
export async function begin(page) {
  await page.click("#start");
  await page.waitForSelector("#studio:not([hidden])");
  await heard(page, "status", /./);
}

/** Waits until a part of what is said (`status`, `notices`, `answer`, `focus`) is like this; gives it. */
export async function heard(page, part, pattern, patience = 200) {
  let text;
  for (let tries = 0; tries < 5 * patience; tries++) {
    text = await page.evaluate((part) => document.getElementById(part).textContent, part);
    if (pattern.test(text)) return text;
    await page.waitForTimeout(200);
  }
  throw new Error(`after ${patience} s, ${part} says ${JSON.stringify(text)}, not ${pattern}; notices: ${await page.textContent("#notices")}`);
}

/** Waits until a question can be asked. */
export const ready = (page) => heard(page, "status", /is ready/);

/** Goes from widget to widget until one is found: its description. */
export async function find(page, name, most = 80) {
  const seen = [];
  for (let step = 0; step < most; step++) {
    const before = seen.at(-1) ?? (await page.textContent("#focus"));
    await page.keyboard.press("Tab");
    let at = before;
    // Frames can take seconds here; a second Tab too early would go past what the first finds.
    for (let tries = 0; tries < 100 && at === before; tries++) {
      await page.waitForTimeout(50);
      at = await page.textContent("#focus");
    }
    seen.push(at);
    if (at.startsWith(name)) return at;
  }
  throw new Error(`there is no ${name} among ${JSON.stringify(seen)}`);
}

/** Finds a widget by the keyboard, and presses it. */
export async function press(page, name) {
  await find(page, name);
  await page.keyboard.press("Enter");
}
