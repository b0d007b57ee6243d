// The studio in the page, with the tiny model.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { start } from "./browser.mjs";
import { begin, conversations, heard, PHONE, press, ready, run, startStudio } from "./studio.mjs";

const EXAMPLE = "What is the capital of France?";
let studio, open;

before(async () => {
  studio = await startStudio();
  open = studio.open;
});
after(() => studio?.stop());

test("says what it needs, and downloads nothing before that is wanted", async () => {
  const { page, errors } = await open();
  const text = await page.textContent("#offer");
  for (const said of ["tiny-llama", "tiny-reasoner", "MB", "localhost", "this browser's storage"]) assert.ok(text.includes(said), text);
  assert.match(await page.textContent("#start"), /^Download .* MB and start$/);
  assert.equal(studio.server.sent["/fixture/tiny-llama.gguf"], undefined);
  assert.equal(studio.server.sent["/studio/ruminate_app_bg.wasm"], undefined);
  assert.deepEqual(errors, []);
  await page.context().close();
});

test("an example is answered, kept, and there after a reload; a question is typed", async () => {
  const { page, errors } = await open();
  await begin(page);
  await ready(page);
  await press(page, EXAMPLE);
  const first = await run(page, 1, "end");
  assert.equal(first.question, EXAMPLE);
  assert.equal(first.events.filter(({ event }) => event === "token").length, 16);
  assert.ok(first.events.some(({ event, text }) => event === "answer" && text.length > 0));
  assert.match(first.setup.device, /swiftshader.*portable/i);

  const sent = studio.server.sent["/fixture/tiny-llama.gguf"];
  await page.reload();
  await page.waitForSelector("#offer:not([hidden])");
  assert.equal(await page.textContent("#start"), "Start");
  assert.equal((await conversations(page)).length, 1);
  await begin(page);
  await ready(page);
  await page.keyboard.press("Control+L");
  // What is typed before a frame has moved the focus is lost.
  await heard(page, "focus", /Question/);
  await page.keyboard.type("Why?");
  await page.keyboard.press("Enter");
  assert.equal((await run(page, 2, "end")).question, "Why?");
  assert.equal(studio.server.sent["/fixture/tiny-llama.gguf"], sent, "the model comes from the cache");
  assert.deepEqual(errors, []);
  await page.context().close();
});

test("what is kept is said, and removed by a button", async () => {
  const { page, errors } = await open();
  assert.ok(await page.isHidden("#clear"), "nothing is kept");
  await begin(page);
  await ready(page);
  await page.reload();
  await page.waitForSelector("#clear:not([hidden])");
  assert.match(await page.textContent("#clear"), /^Remove what is kept \([\d.]+ MB\)$/);
  assert.equal(await page.textContent("#start"), "Start");
  const sent = studio.server.sent["/fixture/tiny-llama.gguf"];
  await page.click("#clear");
  await page.waitForSelector("#clear", { state: "hidden" });
  assert.match(await page.textContent("#start"), /^Download .* MB and start$/);
  assert.deepEqual(await page.evaluate(async () => (await import("/cache.js")).list()), []);
  await begin(page);
  await ready(page);
  assert.ok(studio.server.sent["/fixture/tiny-llama.gguf"] > sent, "it is downloaded again");
  assert.deepEqual(errors, []);
  await page.context().close();
});

test("branches think, and are voted on", async () => {
  const { page, errors } = await open({ controls: { policy: "reason", branches: 2, budget: 24 } });
  await begin(page);
  await ready(page);
  await press(page, EXAMPLE);
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
  await ready(page);
  // The pointer does what the keyboard does.
  await page.mouse.click(340, 280);
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
