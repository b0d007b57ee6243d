// Browsers without WebGPU, or without an adapter.

import assert from "node:assert/strict";
import { test } from "node:test";
import { failing, start } from "./browser.mjs";

test("says what helps, before anything is downloaded", async () => {
  const chromium = await start({ webgpu: false });
  const page = await chromium.page();
  const error = await failing(page, () => Ruminate.load({ model: "/fixture/tiny-llama.gguf" }));
  assert.equal(error.code, "adapter");
  assert.match(error.message, /WebGPU.*Chrome/s);
  assert.equal(chromium.server.sent["/fixture/tiny-llama.gguf"], undefined);
  await chromium.stop();
});
