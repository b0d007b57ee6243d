// A Chromium with WebGPU on its software driver, on Mesa's, or on what `CHROMIUM_FLAGS` says, and a page that has the package.

import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { serve } from "./server.mjs";

export const DIST = join(dirname(fileURLToPath(import.meta.url)), "../dist");
export const FIXTURE = process.env.RUMINATE_FIXTURE;
const SOFTWARE = "--use-vulkan=swiftshader --use-angle=swiftshader --use-webgpu-adapter=swiftshader";
const WEBGPU = ["--enable-unsafe-webgpu", "--enable-features=Vulkan", "--ignore-gpu-blocklist", ...(process.env.CHROMIUM_FLAGS ?? SOFTWARE).split(" ")];

/** What has WebGPU run on Mesa's software driver, which has f16: lavapipe.c, built. It cannot show canvases. */
const LAVAPIPE = process.env.RUMINATE_LAVAPIPE;
/** Why a test on that driver cannot be run, if it cannot. */
export const withoutLavapipe = LAVAPIPE ? false : "Mesa's software driver, which has f16, is not installed";

/** `roots` are further folders by prefix, `isolated` gives the page threads that share memory. */
export async function start({ webgpu = true, lavapipe = false, fixture = FIXTURE, roots = {}, isolated = false } = {}) {
  const flags = lavapipe ? ["--enable-unsafe-webgpu"] : webgpu ? WEBGPU : ["--disable-features=WebGPU"];
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ["--no-sandbox", "--disable-quic", ...flags],
    env: lavapipe ? { ...process.env, LD_PRELOAD: LAVAPIPE } : process.env,
  });
  const server = await serve({ ...roots, "/fixture/": fixture, "/": DIST }, { isolated });
  return {
    server,
    browser,
    /** A page of a fresh profile, with `Ruminate` and `cache` as globals. */
    async page() {
      const context = await browser.newContext();
      const page = await context.newPage();
      page.on("console", (message) => message.type() === "error" && !/load resource/.test(message.text()) && console.error("console:", message.text()));
      await open(page, server);
      return page;
    },
    async stop() {
      await browser.close();
      server.close();
    },
  };
}

/** Goes to the page anew: the profile stays, the worker does not. */
export async function open(page, server) {
  await page.goto(`${server.url}/index.html`);
  await page.evaluate(async () => Object.assign(window, await import("/ruminate.js")));
}

/** Has a line of JavaScript run in a worker, the engine's or the studio's, before it is told anything. */
export async function changeWorker(server, line, file = "worker.js") {
  const worker = await readFile(join(DIST, file), "utf8");
  server.faults[`/${file}`] = { instead: `${worker}\n${line}` };
}

export const expected = async () => JSON.parse(await readFile(join(FIXTURE, "expected.json"), "utf8"));

export async function floats(name) {
  const bytes = await readFile(join(FIXTURE, name));
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

/** How much a model's logits differ from those on this machine, in `kept`: the largest difference, of the largest logit. */
export async function difference(page, name, ids, options, kept = name) {
  const here = await floats(`${kept}.f32`);
  const logits = await page.evaluate(
    async ([options, ids]) => {
      const other = await Ruminate.load(options);
      const logits = await other.logits(ids);
      other.close();
      return Array.from(logits);
    },
    [{ ...options, model: `/fixture/${name}.gguf` }, ids],
  );
  if (logits.length !== here.length) throw new Error(`${logits.length} logits, not ${here.length}`);
  const most = (numbers) => numbers.reduce((most, number) => Math.max(most, Math.abs(number)), 0);
  return most(logits.map((logit, i) => logit - here[i])) / most(here);
}

/** What went wrong in the page: `{code, message}`. */
export const failing = (page, work, argument) =>
  page.evaluate(
    async ([work, argument]) => {
      const AsyncFunction = (async () => {}).constructor;
      try {
        await new AsyncFunction("argument", `return (${work})(argument)`)(argument);
      } catch (error) {
        return { code: error.code, name: error.name, message: error.message };
      }
      return { code: "nothing went wrong" };
    },
    [work.toString(), argument],
  );
