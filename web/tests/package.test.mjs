// The package as others get it: packed, unpacked, imported by its name, its types and its README's sample compiled.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { DIST, start } from "./browser.mjs";

const TSC = join(dirname(fileURLToPath(import.meta.url)), "node_modules/typescript/bin/tsc");
const FILES = [
  "LICENSE-APACHE", "LICENSE-MIT", "README.md", "bundle.js", "cache.js", "failure.js", "gpu.js", "package.json", "ruminate.d.ts",
  "ruminate.js", "ruminate_web.js", "ruminate_web_bg.wasm", "source.js", "worker.js",
];
/** All that the types have, which the README's sample does not use. */
const USE = `
  import { cache, Ruminate, RuminateError, type ChatEvent, type Info } from "ruminate";
  const model = await Ruminate.load({ model: new File([], "a.gguf"), bundle: [new File([], "bundle.json")], tier: "portable" });
  const info: Info = await model.memory();
  await model.loadAdapter("mine", new Blob(), { onProgress: ({ stage }) => console.log(stage), signal: AbortSignal.timeout(1000) });
  const told: ChatEvent[] = [];
  for await (const event of model.chat("Hi", { adapter: info.adapters[0], stop: ["."] })) told.push(event);
  const kept: number = (await cache.list())[0].kept;
  const logits: Float32Array = await model.logits(await model.tokens("Hi"));
  const report = await Ruminate.selfTest({ tiers: ["portable"] });
  // @ts-expect-error There is no such tier.
  await Ruminate.load({ model: "a.gguf", tier: "fast" });
  try {
    await model.setMessages([{ role: "user", content: report.text + kept + logits.length }]);
  } catch (error) {
    if (error instanceof RuminateError && error.code === "lost") model.close();
  }
`;
let folder, packed;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "ruminate-package-"));
  const npm = process.env.NPM ?? "npm", args = ["pack", DIST, "--json", "--pack-destination", folder];
  const [program, given] = npm.endsWith(".js") ? [process.execPath, [npm, ...args]] : [npm, args];
  [packed] = JSON.parse(execFileSync(program, given, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], shell: process.platform === "win32" }));
  await mkdir(join(folder, "node_modules/ruminate"), { recursive: true });
  execFileSync("tar", ["-xzf", join(folder, packed.filename), "-C", join(folder, "node_modules/ruminate"), "--strip-components=1"]);
});
after(() => rm(folder, { recursive: true, force: true }));

test("it has what is wanted, and its README links to nothing outside", async () => {
  assert.deepEqual(packed.files.map(({ path }) => path).sort(), FILES);
  const readme = await readFile(join(folder, "node_modules/ruminate/README.md"), "utf8");
  const links = [...readme.matchAll(/\]\(([^)]+)\)|(?:src|href)="([^"]+)"/g)].map((found) => found[1] ?? found[2]);
  assert.deepEqual(links.filter((link) => !/^(https:|#)/.test(link) && !FILES.includes(link)), []);
});

test("the README's sample and its types compile", async () => {
  const readme = await readFile(join(folder, "node_modules/ruminate/README.md"), "utf8");
  const samples = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, sample]) => sample);
  assert.equal(samples.length, 1);
  const options = { strict: true, noEmit: true, target: "es2022", module: "esnext", moduleResolution: "bundler", lib: ["es2022", "dom", "dom.iterable"], types: [] };
  await writeFile(join(folder, "sample.ts"), samples[0]);
  await writeFile(join(folder, "use.ts"), USE);
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["sample.ts", "use.ts"] }));
  try {
    execFileSync(process.execPath, [TSC, "--project", folder], { encoding: "utf8" });
  } catch (error) {
    assert.fail(error.stdout || error.message);
  }
});

test("it is imported by its name, and answers", async () => {
  const chromium = await start({ roots: { "/node_modules/": join(folder, "node_modules"), "/packed/": folder } });
  try {
    await writeFile(join(folder, "index.html"), `<!doctype html><script type="importmap">{ "imports": { "ruminate": "/node_modules/ruminate/ruminate.js" } }</script>`);
    const page = await (await chromium.browser.newContext()).newPage();
    await page.goto(`${chromium.server.url}/packed/`);
    const end = await page.evaluate(async () => {
      const { Ruminate } = await import("ruminate");
      const model = await Ruminate.load({ model: "/fixture/tiny-llama.gguf", tier: "portable" });
      let end;
      for await (const event of model.chat("Hi", { temperature: 0, maxTokens: 4 })) end = event;
      model.close();
      return end;
    });
    assert.equal(end.tokens, 4);
  } finally {
    await chromium.stop();
  }
});
