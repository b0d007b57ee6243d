// Wasm memory with the model and the bundle that people get, where the model is on this machine.

import assert from "node:assert/strict";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { DIST, start } from "./browser.mjs";

const MODEL = process.env.RUMINATE_MODEL;

test("a model with all adapters of its bundle takes less than 100 MB of wasm memory", { skip: !MODEL && "the model is not here: cargo xtask model" }, async () => {
  const chromium = await start({ fixture: dirname(MODEL), roots: { "/bundle/": join(DIST, "../../models/smollm2-reasoner") } });
  try {
    const page = await chromium.page();
    const bytes = await page.evaluate(async (model) => {
      const { adapters, default_adapter } = await (await fetch("/bundle/bundle.json")).json();
      const ruminate = await Ruminate.load({ model, bundle: "/bundle/", cache: false });
      for (const [name, { path }] of Object.entries(adapters)) if (name !== default_adapter) await ruminate.loadAdapter(name, `/bundle/${path}/`);
      const { wasmBytes, adapters: loaded } = await ruminate.memory();
      ruminate.close();
      return { most: wasmBytes, loaded: loaded.length, wanted: Object.keys(adapters).length };
    }, `/fixture/${basename(MODEL)}`);
    assert.equal(bytes.loaded, bytes.wanted);
    // Wasm memory never shrinks: this is the peak.
    assert.ok(bytes.most < 100e6, `${bytes.most} bytes`);
    console.log(`# ${bytes.most} bytes`);
  } finally {
    await chromium.stop();
  }
});
