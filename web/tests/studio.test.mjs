// The studio in the page, with the tiny model.

import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { FIXTURE, start } from "./browser.mjs";

const DESKTOP = { width: 1280, height: 800 }, PHONE = { width: 360, height: 740 };
/** A point of the example "What is the capital of France?" in a window of the desktop size. */
const EXAMPLE = [340, 280];
let chromium, catalogue;

before(async () => {
  chromium = await start();
  const model = await stat(join(FIXTURE, "tiny-llama.gguf"));
  catalogue = {
    models: [{ file: "/fixture/tiny-llama.gguf", name: "tiny-llama", about: "for tests", bytes: model.size, layers: 3, kv_width: 32 }],
    bundles: [{ folder: "/fixture/bundle/", name: "tiny-reasoner", base: "tiny-llama.gguf", about: "for tests", bytes: 1 }],
  };
});
after(() => chromium?.stop());

/** The studio's page in a fresh profile; `errors` collects what it says on the console. */
async function open({ viewport = DESKTOP, controls = {}, offered = catalogue, ...options } = {}) {
  const context = await chromium.browser.newContext({ viewport, ...options });
  const page = await context.newPage();
  const errors = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(error.message));
  await page.route("**/studio/models.json", (route) => route.fulfill({ json: offered }));
  await page.goto(`${chromium.server.url}/studio/index.html?tier=portable`);
  await page.waitForSelector("#offer:not([hidden])");
  await keep(page, "settings.json", JSON.stringify({ controls: { policy: "chat", chat_tokens: 16, ...controls } }));
  return { page, errors };
}

test("says what it needs, and downloads nothing before that is wanted", async () => {
  const { page, errors } = await open();
  const text = await page.textContent("#offer");
  for (const said of ["tiny-llama", "tiny-reasoner", "MB", "localhost", "this browser's storage"]) assert.ok(text.includes(said), text);
  assert.match(await page.textContent("#start"), /^Download .* MB and start$/);
  assert.equal(chromium.server.sent["/fixture/tiny-llama.gguf"], undefined);
  assert.equal(chromium.server.sent["/studio/ruminate_app_bg.wasm"], undefined);
  assert.deepEqual(errors, []);
  await page.context().close();
});

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
const conversations = async (page) => Object.entries(await kept(page)).filter(([name]) => name.startsWith("conversations/"));

/** The only run of the newest of so many conversations, once its last event is this. */
async function run(page, count, last, patience = 200) {
  for (let tries = 0; tries < 2 * patience; tries++) {
    const found = await conversations(page);
    const run = found.length === count && JSON.parse(found.at(-1)[1].split("\n")[1]);
    if (run && run.events.at(-1)?.event === last) return run;
    await page.waitForTimeout(500);
  }
  throw new Error(`after ${patience} s there are ${JSON.stringify(await kept(page)).slice(-2000)}`);
}

/** Opens the window. */
async function begin(page) {
  await page.click("#start");
  await page.waitForSelector("#studio:not([hidden])");
  // The canvas has its size, and its first frame.
  await page.waitForTimeout(1000);
}

/** Does something again and again, until so many conversations are kept: the model is loaded by then. */
async function until(page, count, act) {
  for (let tries = 0; tries < 200 && (await conversations(page)).length < count; tries++) {
    await act();
    await page.waitForTimeout(500);
  }
}

test("an example is answered, kept, and there after a reload; a question is typed", async () => {
  const { page, errors } = await open();
  await begin(page);
  await until(page, 1, () => page.mouse.click(...EXAMPLE));
  const first = await run(page, 1, "end");
  assert.equal(first.question, "What is the capital of France?");
  assert.equal(first.events.filter(({ event }) => event === "token").length, 16);
  assert.ok(first.events.some(({ event, text }) => event === "answer" && text.length > 0));
  assert.match(first.setup.device, /swiftshader.*portable/i);

  const sent = chromium.server.sent["/fixture/tiny-llama.gguf"];
  await page.reload();
  await page.waitForSelector("#offer:not([hidden])");
  assert.equal(await page.textContent("#start"), "Start");
  assert.equal((await conversations(page)).length, 1);
  await begin(page);
  await page.keyboard.press("Control+L");
  // What is typed before a frame has moved the focus is lost, and other steps may keep the machine busy.
  await page.waitForTimeout(3000);
  await page.keyboard.type("Why?");
  await until(page, 2, () => page.keyboard.press("Enter"));
  assert.equal((await run(page, 2, "end")).question, "Why?");
  assert.equal(chromium.server.sent["/fixture/tiny-llama.gguf"], sent, "the model comes from the cache");
  assert.deepEqual(errors, []);
  await page.context().close();
});

test("branches think, and are voted on", async () => {
  const { page, errors } = await open({ controls: { policy: "reason", branches: 2, budget: 24 } });
  await begin(page);
  await until(page, 1, () => page.mouse.click(...EXAMPLE));
  const { events } = await run(page, 1, "end");
  const kinds = new Set(events.map(({ event }) => event));
  for (const kind of ["routed", "switched", "forked", "token", "stopped", "scored", "vote", "answer"]) assert.ok(kinds.has(kind), kind);
  assert.equal(events.filter(({ event }) => event === "forked").length, 2);
  assert.deepEqual(errors, []);
  await page.context().close();
});

test("without a model beside the page, one of the person's own is dropped on it", async () => {
  const { page, errors } = await open({ offered: { models: [], bundles: [] } });
  assert.match(await page.textContent("#where"), /no model beside this page/);
  await begin(page);
  await page.evaluate(async () => {
    const bytes = await (await fetch("/fixture/tiny-llama.gguf")).arrayBuffer();
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], "mine.gguf"));
    document.getElementById("studio").dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true }));
  });
  await until(page, 1, () => page.mouse.click(...EXAMPLE));
  assert.equal((await run(page, 1, "end")).setup.model, "mine");
  assert.deepEqual(errors, []);
  await page.context().close();
});

test("without WebGPU it says what helps, on a phone, too", async () => {
  const without = await start({ webgpu: false });
  const context = await without.browser.newContext({ viewport: PHONE });
  const page = await context.newPage();
  await page.goto(`${without.server.url}/studio/index.html`);
  await page.waitForSelector("#trouble:not([hidden])");
  assert.match(await page.textContent("#trouble"), /no (WebGPU|GPU).*Chrome/s);
  assert.ok(await page.isHidden("#start"));
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await without.stop();
});
