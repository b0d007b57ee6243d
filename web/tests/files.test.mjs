// Downloads, the cache, and what can be wrong with them.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { failing, FIXTURE, open, start } from "./browser.mjs";
import { serve } from "./server.mjs";

const MODEL = "/fixture/tiny-llama.gguf", LARGE = "/fixture/large.gguf", BLOCK = 4 << 20;
let chromium, page, server, size, sha256;

before(async () => {
  chromium = await start();
  server = chromium.server;
  const bytes = await readFile(join(FIXTURE, "tiny-llama.gguf"));
  size = bytes.length;
  sha256 = createHash("sha256").update(bytes).digest("hex");
  // Bytes after the last tensor are nobody's.
  await writeFile(join(FIXTURE, "large.gguf"), Buffer.concat([bytes, Buffer.alloc(5 * BLOCK - bytes.length - 1)]));
});
after(() => chromium?.stop());
beforeEach(async () => {
  await page?.context().close();
  page = await chromium.page();
  for (const state of [server.sent, server.faults, server.requests]) Object.keys(state).forEach((key) => delete state[key]);
});

/** Loads: what was told of progress. */
const load = (options = {}) =>
  page.evaluate(
    async (options) => {
      const stages = [];
      const model = await Ruminate.load({ ...options, onProgress: (progress) => stages.push(progress) });
      model.close();
      return stages;
    },
    { model: MODEL, tier: "portable", ...options },
  );
/** Loads and answers: what is said. */
const answer = (options = {}) =>
  page.evaluate(
    async (options) => {
      const model = await Ruminate.load(options);
      let end;
      for await (const event of model.chat("Hi", { temperature: 0, maxTokens: 4 })) end = event;
      model.close();
      return end.text;
    },
    { model: MODEL, tier: "portable", ...options },
  );
const refused = (options = {}) => failing(page, (options) => Ruminate.load(options), { model: MODEL, tier: "portable", ...options });
const kept = () => page.evaluate(() => cache.list());

test("a second load comes from the cache, without the server, and answers the same", async () => {
  const said = await answer({ sha256 });
  assert.equal(server.sent[MODEL], size);
  assert.deepEqual(await kept(), [{ url: server.url + MODEL, size, kept: size, isWhole: true }]);
  await open(page, server);
  await page.context().route(`**${MODEL}`, (route) => route.abort());
  assert.equal(await answer({ sha256 }), said);
  assert.equal(server.sent[MODEL], size);
  await page.evaluate(() => cache.clear());
  assert.deepEqual(await kept(), []);
});

test("a wrong hash is refused, and nothing of it stays", async () => {
  const error = await refused({ sha256: "0".repeat(64) });
  assert.equal(error.code, "file");
  assert.match(error.message, new RegExp(`${sha256}, not 0000`));
  assert.deepEqual(await kept(), []);
  server.faults[MODEL] = { damage: 1000 };
  assert.match((await refused()).message, /not a GGUF file/);
});

test("a truncated model is refused, and not kept: the next load gets the whole one", async () => {
  const whole = await readFile(join(FIXTURE, "tiny-llama.gguf"));
  for (const share of [0.02, 0.7]) {
    server.faults[MODEL] = { instead: whole.subarray(0, share * size) };
    const error = await refused();
    assert.equal(error.code, "file", error.message);
    assert.match(error.message, /tiny-llama\.gguf: .*(ends|past the end|incomplete)/);
    assert.deepEqual(await kept(), []);
    server.faults[MODEL] = {};
    await load({ sha256 });
    await page.evaluate(() => cache.clear());
  }
});

test("a truncated bundle is refused by name, and fetched anew", async () => {
  const bundle = "/fixture/bundle/";
  for (const file of ["bundle.json", "heads.safetensors"]) {
    const bytes = await readFile(join(FIXTURE, "bundle", file));
    server.faults[bundle + file] = { instead: bytes.subarray(0, bytes.length / 2) };
    const error = await refused({ bundle });
    assert.equal(error.code, "file", error.message);
    assert.ok(error.message.includes(file), error.message);
    assert.deepEqual((await kept()).filter(({ url }) => url.includes("/bundle/")), []);
    server.faults[bundle + file] = {};
  }
  await load({ bundle });
});

test("what the disk damaged is downloaded again", async () => {
  await load();
  await page.evaluate(async () => {
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle("ruminate");
    for await (const [, folder] of root.entries()) {
      const file = await (await folder.getFileHandle("bytes")).createWritable({ keepExistingData: true });
      await file.write({ type: "write", position: 5000, data: new Uint8Array(100) });
      await file.close();
    }
  });
  await load();
  assert.equal(server.sent[MODEL], 2 * size);
});

test("an interrupted download is a readable error, and goes on where it was", async () => {
  const size = 5 * BLOCK - 1;
  server.faults[LARGE] = { cutFrom: 2.5 * BLOCK };
  const error = await refused({ model: LARGE });
  assert.equal(error.code, "network");
  assert.match(error.message, /cannot be fetched.*kept/);
  const [{ kept: before }] = await kept();
  assert.equal(before, 2 * BLOCK);
  server.faults[LARGE] = {};
  server.sent[LARGE] = 0;
  await open(page, server);
  await load({ model: LARGE });
  assert.equal(server.sent[LARGE], size - before);
  assert.deepEqual(await kept(), [{ url: server.url + LARGE, size, kept: size, isWhole: true }]);
});

test("a file that is replaced while it is downloaded is refused, and nothing of it stays", async () => {
  const before = () => (server.requests[LARGE] ?? 0) < 2;
  const changes = [
    { get etag() { return before() ? '"old"' : '"new"'; } },
    { etag: null, get total() { return before() ? 5 * BLOCK - 1 : 5 * BLOCK; } },
    { noRanges: true, get etag() { return before() ? '"old"' : '"new"'; } },
  ];
  for (const change of changes) {
    server.requests[LARGE] = 0;
    server.faults[LARGE] = change;
    const error = await refused({ model: LARGE });
    assert.equal(error.code, "network");
    assert.match(error.message, /large\.gguf: it was replaced.*load it again/);
    assert.deepEqual(await kept(), []);
  }
  server.faults[LARGE] = {};
  await load({ model: LARGE });
});

test("what is kept of a file without a version is gone on with only if its hash is known", async () => {
  const size = 5 * BLOCK - 1;
  const sha256 = createHash("sha256").update(await readFile(join(FIXTURE, "large.gguf"))).digest("hex");
  for (const known of [undefined, sha256]) {
    server.faults[LARGE] = { etag: null, cutFrom: 2.5 * BLOCK };
    await refused({ model: LARGE, sha256: known });
    const [{ kept: before }] = await kept();
    assert.equal(before, 2 * BLOCK);
    server.faults[LARGE] = { etag: null };
    server.sent[LARGE] = 0;
    await load({ model: LARGE, sha256: known });
    assert.equal(server.sent[LARGE], known ? size - before : size);
    await page.evaluate(() => cache.clear());
  }
});

test("a server that compresses what it sends", async () => {
  const bundle = "/fixture/bundle/";
  server.faults[`${bundle}bundle.json`] = { packed: true };
  await load({ bundle });
  const { size } = (await kept()).find(({ url }) => url.endsWith("bundle.json"));
  assert.equal(size, (await readFile(join(FIXTURE, "bundle/bundle.json"))).length);
});

test("a server without ranges, a missing file, a foreign server that does not allow it", async () => {
  server.faults[MODEL] = { noRanges: true };
  await load({ sha256 });
  assert.match((await refused({ model: "/fixture/none.gguf" })).message, /none\.gguf.*404/);
  for (const cors of [false, true]) {
    const foreign = await serve({ "/": FIXTURE }, { cors });
    const model = `${foreign.url}/tiny-llama.gguf`;
    if (cors) await load({ model, sha256 });
    else assert.match((await refused({ model })).message, /cannot be fetched.*CORS/);
    foreign.close();
  }
});

test("without room on the disk, it loads and is not kept", async () => {
  const session = await page.context().newCDPSession(page);
  await session.send("Storage.overrideQuotaForOrigin", { origin: server.url, quotaSize: 100_000 });
  const stages = await load({ sha256 });
  assert.match(stages.find((progress) => progress.stage === "uncached").problem, /is not kept/);
  assert.deepEqual(await kept(), []);
  assert.equal((await load({ cache: false })).filter((progress) => progress.stage === "uncached").length, 0);
});

test("of two tabs, the second goes on without the cache while the first has the file open", async () => {
  let goOn;
  server.faults[MODEL] = { until: new Promise((resolve) => (goOn = resolve)) };
  const first = load();
  while (!server.requests[MODEL]) await new Promise((resolve) => setTimeout(resolve, 50));
  server.faults[MODEL] = {};
  const second = await page.context().newPage();
  await open(second, server);
  const stages = await second.evaluate(async (model) => {
    const stages = [];
    const loaded = await Ruminate.load({ model, tier: "portable", onProgress: (progress) => stages.push(progress) });
    for await (const _ of loaded.chat("Hi", { temperature: 0, maxTokens: 1 }));
    loaded.close();
    return stages;
  }, MODEL);
  assert.match(stages.find(({ stage }) => stage === "uncached").problem, /is not kept/);
  goOn();
  assert.deepEqual((await first).filter(({ stage }) => stage === "uncached"), []);
  assert.deepEqual(await kept(), [{ url: server.url + MODEL, size, kept: size, isWhole: true }]);
});

test("a file that the person chose", async () => {
  await page.setContent(`<input type="file" />`);
  await page.setInputFiles("input", join(FIXTURE, "tiny-llama.gguf"));
  await page.evaluate(async () => {
    const [file] = document.querySelector("input").files;
    const model = await Ruminate.load({ model: file, tier: "portable" });
    for await (const _ of model.chat("Hi", { temperature: 0, maxTokens: 1 }));
    model.close();
  });
  assert.equal(server.sent[MODEL], undefined);
});

test("a bundle of another base is refused", async () => {
  const error = await failing(page, async (model) => {
    const files = [];
    for (const path of ["bundle.json", "heads.safetensors", "brief/adapter_config.json", "brief/adapter_model.safetensors", "reasoner/adapter_config.json"]) {
      let bytes = new Uint8Array(await (await fetch(`/fixture/bundle/${path}`)).arrayBuffer());
      if (path === "bundle.json") bytes = new TextDecoder().decode(bytes).replace('"layers":3', '"layers":4');
      const file = new File([bytes], path.split("/").at(-1));
      Object.defineProperty(file, "webkitRelativePath", { value: `my/${path}` });
      files.push(file);
    }
    await Ruminate.load({ model, bundle: files, tier: "portable" });
  }, MODEL);
  assert.match(error.message, /base\.layers: it was made for tiny-llama with 4, the model has 3/);
});

test("loading can be cancelled", async () => {
  const error = await failing(page, async (model) => {
    const controller = new AbortController();
    const onProgress = (progress) => progress.stage === "weights" && progress.done === progress.total && controller.abort();
    await Ruminate.load({ model, tier: "portable", signal: controller.signal, onProgress });
  }, LARGE);
  assert.equal(error.code, "cancelled");
  // What had come is kept.
  assert.ok((await kept())[0].kept >= BLOCK);
});
