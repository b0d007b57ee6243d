// The studio in the page, with the tiny model.

import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { FIXTURE, start } from "./browser.mjs";

const DESKTOP = { width: 1280, height: 800 }, PHONE = { width: 360, height: 740 };
const BUNDLE = ["bundle.json", "heads.safetensors"];
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
async function open(viewport = DESKTOP, options = {}) {
  const context = await chromium.browser.newContext({ viewport, ...options });
  const page = await context.newPage();
  const errors = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(error.message));
  await page.route("**/studio/models.json", (route) => route.fulfill({ json: catalogue }));
  await page.goto(`${chromium.server.url}/studio/index.html?tier=portable`);
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
