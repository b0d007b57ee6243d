// Browsers without WebGPU, or without an adapter.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { changeWorker, failing, start } from "./browser.mjs";

const MODEL = "/fixture/tiny-llama.gguf";
let chromium;

before(async () => (chromium = await start({ webgpu: false })));
after(() => chromium?.stop());

const cases = [
  ["no adapter", "", /no GPU adapter.*WebGPU.*Chrome/],
  ["no WebGPU", `Object.defineProperty(navigator, "gpu", { value: undefined });`, /this browser has no WebGPU.*Chrome/],
];
for (const [what, change, message] of cases) {
  test(`${what}: says what helps, before anything is downloaded`, async () => {
    await changeWorker(chromium.server, change);
    const page = await chromium.page();
    const error = await failing(page, (model) => Ruminate.load({ model }), MODEL);
    assert.equal(error.code, "adapter");
    assert.match(error.message, message);
    assert.equal(chromium.server.sent[MODEL], undefined);
    await page.goto(`${chromium.server.url}/self-test.html`);
    await page.getByRole("button", { name: "Run the test" }).click();
    await page.getByRole("status").waitFor();
    assert.match(await page.getByRole("status").textContent(), message);
    await page.context().close();
  });
}
