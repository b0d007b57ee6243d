// `CHROMIUM_FLAGS=… node web/tests/on-gpu.mjs MODEL.gguf BUNDLE OUT`: the self-test, the package and the studio with a real model, in
// Chromium on a GPU. Prints a line for each part, and leaves pictures, the self-test's report and conversations in OUT.
//
// CHROMIUM_FLAGS   what has Chromium reach the GPU, e.g. "--use-vulkan=native --use-angle=vulkan"; web/README.md
// --parts adapter,selfTest,answers,studio   only these

import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { start } from "./browser.mjs";
import { begin, conversations, DESKTOP, heard, PHONE, ready } from "./studio.mjs";

const { values: asked, positionals: [path, bundle, out] } = parseArgs({ allowPositionals: true, options: { parts: { type: "string" } } });
const QUESTION = "Mia has 3 boxes with 12 pencils each. She gives 9 pencils to her brother and loses 4. How many pencils does she have left?";
const folder = dirname(resolve(path));
await mkdir(out, { recursive: true });
const chromium = await start({ fixture: folder, roots: { "/bundle/": resolve(bundle), "/studio/models/smollm2-reasoner/": resolve(bundle), "/studio/models/": folder } });

/** What the browser says of the GPU, and whether a canvas shows what it draws. */
async function adapter() {
  const page = await chromium.page();
  return page.evaluate(async () => {
    const adapter = await (await import("/gpu.js")).adapter();
    if (!adapter) throw new Error("no adapter");
    const { vendor, architecture, isFallbackAdapter } = adapter.info;
    const device = await adapter.requestDevice(), canvas = new OffscreenCanvas(8, 8), context = canvas.getContext("webgpu");
    context.configure({ device, format: navigator.gpu.getPreferredCanvasFormat() });
    const encoder = device.createCommandEncoder(), view = context.getCurrentTexture().createView();
    encoder.beginRenderPass({ colorAttachments: [{ view, loadOp: "clear", storeOp: "store", clearValue: [1, 0, 0, 1] }] }).end();
    device.queue.submit([encoder.finish()]);
    const shown = new OffscreenCanvas(8, 8).getContext("2d");
    shown.drawImage(canvas, 0, 0);
    return { vendor, architecture, isFallbackAdapter, features: [...adapter.features].join(" "), red: shown.getImageData(4, 4, 1, 1).data[0] };
  });
}

/** All tiers on this GPU, by the page. */
async function selfTest() {
  const page = await chromium.page();
  await page.goto(`${chromium.server.url}/self-test.html`);
  const begun = performance.now();
  await page.getByRole("button", { name: "Run the test" }).click();
  await page.getByRole("button", { name: "Run it again" }).waitFor({ timeout: 280_000 });
  const seconds = (performance.now() - begun) / 1000;
  await page.screenshot({ path: join(out, "self-test.png"), fullPage: true });
  const report = await page.locator("#report").textContent();
  await writeFile(join(out, "self-test.txt"), report);
  return { verdict: await page.getByRole("status").textContent(), seconds, tiers: report.match(/^.*tier.*$/gm) };
}

/** A plain answer, and thoughts in one, four and eight branches, each after one that compiles the kernels. */
async function answers() {
  const page = await chromium.page();
  return page.evaluate(
    async ([model, bundle, question]) => {
      const begun = performance.now();
      const ruminate = await Ruminate.load({ model, bundle, context: 2048, branches: 8 });
      const found = { load: (performance.now() - begun) / 1000 };
      for (let turn = 0; turn < 2; turn++) {
        await ruminate.setMessages([]);
        for await (const event of ruminate.chat("What is a volcano?", { temperature: 0, maxTokens: 128 })) found.chat = event;
      }
      for (const branches of [1, 1, 4, 4, 8, 8]) {
        await ruminate.setMessages([]);
        for await (const event of ruminate.reason(question, { policy: "reason", branches, seed: 1 })) {
          if (event.event === "answer") found[`reason${branches}`] = { answer: event };
          if (event.event === "end") Object.assign(found[`reason${branches}`], event);
        }
      }
      Object.assign(found, await ruminate.memory());
      ruminate.close();
      return found;
    },
    [`/fixture/${basename(path)}`, "/bundle/", QUESTION],
  );
}

/** A question is typed into the studio, and answered, on a desktop and on a phone in the dark. */
async function studio() {
  const found = {};
  for (const [name, options] of Object.entries({ desktop: { viewport: DESKTOP }, phone: { viewport: PHONE, colorScheme: "dark" } })) {
    const context = await chromium.browser.newContext(options), page = await context.newPage();
    const picture = (of) => page.screenshot({ path: join(out, `${name}-${of}.png`) });
    page.on("console", (message) => message.type() === "error" && console.log("console:", message.text().slice(0, 300)));
    await page.goto(`${chromium.server.url}/studio/index.html`);
    await page.waitForSelector("#offer:not([hidden])");
    await begin(page);
    await ready(page);
    await page.keyboard.press("Control+L");
    await heard(page, "focus", /Question/);
    await page.keyboard.type(QUESTION);
    await page.waitForTimeout(200);
    await page.keyboard.press("Enter");
    await page.waitForTimeout(500);
    await picture("thinking");
    found[name] = await heard(page, "answer", /./);
    await page.waitForTimeout(500);
    await picture("answered");
    for (const [key, view] of [["2", "branches"], ["4", "machine"]]) {
      await page.keyboard.press(`Control+${key}`);
      await page.waitForTimeout(1000);
      await picture(view);
    }
    await writeFile(join(out, `${name}-conversation.jsonl`), (await conversations(page)).at(-1)[1]);
    await context.close();
  }
  return found;
}

const parts = { adapter, selfTest, answers, studio };
let failed = false;
for (const part of asked.parts?.split(",") ?? Object.keys(parts)) {
  try {
    console.log(part, JSON.stringify(await parts[part]()));
  } catch (error) {
    failed = true;
    console.log(part, "FAILED", String(error.message ?? error).slice(0, 600));
  }
}
await chromium.stop();
process.exit(failed ? 1 : 0);
