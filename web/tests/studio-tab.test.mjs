// What is different in a tab: downloads, lost devices, hidden pages, screen readers.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { inflateSync } from "node:zlib";
import { changeWorker, FIXTURE } from "./browser.mjs";
import { begin, conversations, find, heard, press, ready, run, SMALL, startStudio } from "./studio.mjs";

const EXAMPLE = "What is the capital of France?";
const MODEL = "/fixture/tiny-llama.gguf";
/** Has a thread mind the devices that it opens. */
const MINDED = `
  const request = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function (...wanted) {
    const device = await request.apply(this, wanted);
    (globalThis.devices ??= []).push(device);
    return device;
  };`;
let studio;

before(async () => {
  studio = await startStudio();
  await changeWorker(studio.server, MINDED, "studio/worker.js");
});
after(() => studio?.stop());

/** A studio that has a model, in a fresh profile. */
async function opened(options) {
  const { page, errors } = await studio.open({ ...SMALL, ...options });
  await begin(page);
  await ready(page);
  return { page, errors };
}

/** The file that pressing a button downloads: its name and bytes. */
async function downloaded(page, button) {
  const coming = page.waitForEvent("download");
  await press(page, button);
  const download = await coming;
  return [download.suggestedFilename(), await readFile(await download.path())];
}

/** What a button brings to the clipboard. */
async function copied(page, button) {
  await page.evaluate(() => navigator.clipboard.writeText(""));
  await press(page, button);
  for (let tries = 0; tries < 100; tries++) {
    const text = await page.evaluate(() => navigator.clipboard.readText());
    if (text !== "") return text;
    await page.waitForTimeout(200);
  }
  throw new Error("nothing is copied");
}

test("a run is saved as JSON, SVG and PNG, and an answer is copied", async () => {
  const { page, errors } = await opened();
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await press(page, EXAMPLE);
  const kept = await run(page, 1, "end");
  assert.equal(await copied(page, "Copy the answer"), kept.events.find(({ event }) => event === "answer").text);

  // Loading the page again is the browser's: nothing is asked again, and no answer dropped.
  await page.keyboard.press("Control+R");
  await page.keyboard.press("Control+2");
  const [jsonName, json] = await downloaded(page, "JSON");
  assert.match(jsonName, /^run-\d+-\d+-1\.json$/);
  assert.deepEqual(JSON.parse(json), kept);
  const [svgName, svg] = await downloaded(page, "SVG");
  assert.match(svgName, /\.svg$/);
  assert.match(svg.toString(), /^<svg .*What is the capital of France\?.*<\/svg>\s*$/s);
  const [pngName, png] = await downloaded(page, "PNG");
  assert.match(pngName, /\.png$/);
  const { width, height, colors } = picture(png);
  assert.ok(width > 500 && width <= 760 && height > 300 && height <= 560, `${width} x ${height}`);
  assert.ok(colors > 20, `${colors} colours`);
  await heard(page, "notices", /Saved run-.*json.*svg.*png/s);
  assert.deepEqual((await conversations(page)).length, 1);
  assert.deepEqual(errors, []);
  await page.context().close();
});

/** What a PNG file of 8-bit RGBA holds. */
function picture(png) {
  assert.equal(png.subarray(0, 8).toString("latin1"), "\x89PNG\r\n\x1a\n");
  const parts = { IDAT: [] };
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    const name = png.toString("latin1", at + 4, at + 8);
    const bytes = png.subarray(at + 8, at + 8 + png.readUInt32BE(at));
    if (name === "IDAT") parts.IDAT.push(bytes);
    else parts[name] = bytes;
  }
  const [width, height] = [parts.IHDR.readUInt32BE(0), parts.IHDR.readUInt32BE(4)];
  const pixels = inflateSync(Buffer.concat(parts.IDAT));
  assert.equal(pixels.length, height * (1 + 4 * width));
  // Rows are told by what changes in them: no picture of one colour has many of these.
  return { width, height, colors: new Set(Array.from({ length: pixels.length >> 2 }, (_, i) => pixels.readUInt32BE(4 * i))).size };
}

test("a lost device fails its answer, is said, and trying again answers", async () => {
  const { page, errors } = await opened({ controls: { chat_tokens: 512 } });
  const sent = studio.server.sent[MODEL];
  await press(page, EXAMPLE);
  await heard(page, "status", /is being answered/);
  await page.waitForTimeout(300);
  await page.workers()[0].evaluate(() => globalThis.devices.at(-1).destroy());
  await heard(page, "notices", /GPU device was lost.*Try again/);
  await ready(page);
  const lost = await run(page, 1, "failed");
  assert.equal(lost.question, EXAMPLE);
  assert.match(lost.events.at(-1).error, /was lost/);
  assert.equal(studio.server.sent[MODEL], sent, "the model comes from the cache");
  await press(page, "Ask again");
  await heard(page, "status", /is being answered/);
  // Answers are drawn with chance: this one may be over, and the button gone with it, before the button is reached.
  await press(page, "Answer now").catch(async (missing) => {
    if (/is being answered/.test(await page.textContent("#status"))) throw missing;
  });
  assert.equal((await run(page, 1, "end")).question, EXAMPLE);
  assert.deepEqual(errors, []);
  await page.context().close();
});

test("what is no bundle and no model is refused by name, and fetched anew", async () => {
  const { page, errors } = await studio.open(SMALL);
  const half = async (file) => {
    const bytes = await readFile(join(FIXTURE, file));
    return bytes.subarray(0, bytes.length / 2);
  };
  const wrong = {
    "bundle/bundle.json": "<!doctype html><title>Come back later</title>",
    "bundle/heads.safetensors": await half("bundle/heads.safetensors"),
    "bundle/brief/adapter_model.safetensors": await half("bundle/brief/adapter_model.safetensors"),
    "tiny-llama.gguf": await half("tiny-llama.gguf"),
  };
  const kept = () => page.evaluate(async () => (await (await import("/cache.js")).list()).map(({ url }) => new URL(url).pathname));
  for (const [file, instead] of Object.entries(wrong)) {
    await page.evaluate(async () => (await import("/cache.js")).clear());
    studio.server.faults[`/fixture/${file}`] = { instead };
    await begin(page);
    await heard(page, "notices", new RegExp(file.split("/").at(-1)));
    studio.server.faults[`/fixture/${file}`] = {};
    const from = file.startsWith("bundle/") ? "/fixture/bundle/" : MODEL;
    assert.deepEqual((await kept()).filter((path) => path.startsWith(from)), []);
    await page.reload();
    await page.waitForSelector("#offer:not([hidden])");
  }
  await begin(page);
  await ready(page);
  assert.deepEqual(errors, []);
  await page.context().close();
});

test("where the device that draws is lost, the page says so, and loads again with everything", async () => {
  const { page } = await studio.open({ ...SMALL, settings: { shows_library: true, shows_controls: false } });
  await page.evaluate(MINDED);
  await begin(page);
  await ready(page);
  await press(page, EXAMPLE);
  const kept = await run(page, 1, "end");
  await page.evaluate(() => globalThis.devices.forEach((device) => device.destroy()));
  await page.waitForSelector("#trouble:not([hidden])");
  assert.match(await page.textContent("#trouble"), /GPU was lost.*Conversations are kept/);
  assert.ok(await page.isHidden("#studio"));
  await page.getByRole("button", { name: "Load the page again" }).click();
  await page.waitForSelector("#offer:not([hidden])");
  await begin(page);
  await ready(page);
  await press(page, EXAMPLE.slice(0, 20));
  await heard(page, "answer", new RegExp(`^What is the capital`));
  assert.deepEqual(await run(page, 1, "end"), kept);
  await page.context().close();
});

/** Hides the page, or shows it, as a browser does to a tab behind another: no frames, and the page is told. */
const hide = (page, isHidden) =>
  page.evaluate((isHidden) => {
    const frames = (window.frames_ ??= { request: window.requestAnimationFrame, held: [] });
    const hold = (work) => frames.held.push(work);
    window.requestAnimationFrame = isHidden ? hold : frames.request;
    for (const [name, value] of [["hidden", isHidden], ["visibilityState", isHidden ? "hidden" : "visible"]]) {
      Object.defineProperty(document, name, { value, configurable: true });
    }
    document.dispatchEvent(new Event("visibilitychange"));
    if (!isHidden) frames.held.splice(0).forEach((work) => frames.request.call(window, work));
  }, isHidden);

test("a hidden tab goes on answering, keeps the answer, and shows it whole", async () => {
  const { page, errors } = await opened({ controls: { chat_tokens: 200 } });
  await press(page, EXAMPLE);
  await heard(page, "status", /is being answered/);
  await hide(page, true);
  const tokens = (events) => events.filter(({ event }) => event === "token").length;
  const cut = JSON.parse((await conversations(page))[0][1].split("\n")[1]);
  const kept = await run(page, 1, "end");
  assert.ok(tokens(kept.events) > tokens(cut.events), "it is hidden while it answers");
  const { text } = kept.events.find(({ event }) => event === "answer");
  assert.equal(await page.textContent("#answer"), `${EXAMPLE}\n${text.trim()}`);
  await hide(page, false);
  await press(page, "Ask again");
  await heard(page, "status", /is being answered/);
  // A page that is frozen, as on phones, stands still with its worker, and goes on.
  const session = await page.context().newCDPSession(page);
  await session.send("Page.setWebLifecycleState", { state: "frozen" });
  await new Promise((resolve) => setTimeout(resolve, 2000));
  await session.send("Page.setWebLifecycleState", { state: "active" });
  await ready(page);
  const again = await run(page, 1, "end");
  assert.equal(again.events.find(({ event }) => event === "answer").text, text);
  assert.deepEqual(errors, []);
  await page.context().close();
});

test("the device is timed, and its kernels are tested", async () => {
  const { page, errors } = await opened();
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.keyboard.press("Control+4");
  await press(page, "Measure");
  await heard(page, "status", /is ready\. A step of one row takes [\d.]+ (us|ms|s)$/);
  await press(page, "Run the self-test");
  await heard(page, "status", /The self-test runs/);
  await page.waitForTimeout(5000);
  await press(page, "Stop");
  await heard(page, "status", /The self-test was stopped/);
  const report = await copied(page, "Copy the report");
  assert.match(report, /^ruminate \d.*Chrome.*swiftshader.*portable tier/is);
  assert.doesNotMatch(report, /FAIL/);
  await page.keyboard.press("Control+1");
  await press(page, EXAMPLE);
  await run(page, 1, "end");
  assert.equal(await page.textContent("#notices"), "");
  assert.deepEqual(errors, []);
  await page.context().close();
});

test("screen readers are told what the canvas shows", async () => {
  const { page, errors } = await studio.open(SMALL);
  assert.ok(await page.isHidden("#said"), "nothing is told before there is a window");
  await begin(page);
  const canvas = page.getByRole("application", { name: "The studio" });
  await canvas.waitFor();
  assert.match(await page.textContent(`#${await canvas.getAttribute("aria-describedby")}`), /drawn.*Tab key.*F1/s);
  assert.match(await ready(page), /^tiny-llama is ready$/);
  assert.equal(await page.locator("#studio + input").getAttribute("aria-label"), "What is typed into the studio");
  assert.equal(await find(page, "Light or dark"), "Light or dark: button");
  await press(page, EXAMPLE);
  const { events } = await run(page, 1, "end");
  const { text } = events.find(({ event }) => event === "answer");
  assert.equal(await heard(page, "answer", /./), `${EXAMPLE}\n${text.trim()}`);
  for (const [part, role] of [["status", "status"], ["notices", "alert"]]) assert.equal(await page.getAttribute(`#${part}`, "role"), role);
  assert.equal(await page.getAttribute("#answer", "aria-live"), "polite");
  // What is said takes no room.
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight));
  assert.deepEqual(errors, []);
  await page.context().close();
});
