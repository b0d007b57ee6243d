// The engine in a browser against the engine on this machine.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { difference, expected, failing, start } from "./browser.mjs";

const MODEL = "/fixture/tiny-llama.gguf", BUNDLE = "/fixture/bundle/";
const PORTABLE = { model: MODEL, bundle: BUNDLE, tier: "portable" };
/** How much logits may differ from the native ones, of the largest. The activations of quantized weights are 16-bit integers. */
const TOLERANCES = { "tiny-llama-q4_0": 3e-4, "tiny-llama-q4_1": 3e-4, "tiny-qwen2-q8_0": 3e-4, "tiny-qwen2-untied": 1e-4 };
let chromium, native, page;

before(async () => {
  chromium = await start();
  native = await expected();
  page = await chromium.page();
  await page.evaluate(async (options) => {
    window.stages = [];
    window.model = await Ruminate.load({ ...options, onProgress: (progress) => stages.push(progress) });
  }, PORTABLE);
});
after(() => chromium?.stop());

/** All events of an answer. */
const told = (page, call, text, options) =>
  page.evaluate(
    async ([call, text, options]) => {
      const events = [];
      for await (const event of model[call](text, options)) events.push(event);
      return events;
    },
    [call, text, options],
  );

test("loads with progress, in little wasm memory", async () => {
  const [info, stages] = await page.evaluate(async () => [await model.memory(), stages]);
  assert.equal(info.tier, "portable");
  assert.match(info.device, /swiftshader/i);
  assert.equal(info.bundle, "tiny-reasoner");
  const weights = stages.filter((progress) => progress.stage === "weights");
  assert.ok(weights.length > 3 && weights.at(-1).done === weights.at(-1).total);
  assert.ok(weights.every((progress, i) => i === 0 || progress.done >= weights[i - 1].done));
  assert.ok(info.wasmBytes < 100e6, `${info.wasmBytes}`);
});

test("the greedy answer is the native one", async () => {
  const events = await told(page, "chat", native.question, { temperature: 0, maxTokens: native.tokens });
  const text = events.map((event) => (event.event === "token" ? event.text : "")).join("");
  const end = events.at(-1);
  assert.equal(end.event, "end");
  assert.equal(end.text, native.text);
  assert.ok(native.text.startsWith(text));
  const messages = await page.evaluate(() => model.messages());
  assert.deepEqual(messages, [
    { role: "user", content: native.question },
    { role: "assistant", content: native.text },
  ]);
});

test("logits are the native ones, in every tier of the browser", async () => {
  const tiers = [["portable", false], ["portable", true], ["software", false], ["software", true], ["subgroup", true]];
  for (const [tier, subgroups] of tiers) {
    const error = await difference(page, "tiny-llama", native.ids, { ...PORTABLE, tier, subgroups });
    // Activations are 16-bit integers: a different rounding of one is 2^-15 of the largest.
    assert.ok(error < 1e-3, `${tier} ${subgroups}: ${error}`);
    console.log(`# ${tier}${subgroups ? ", subgroups" : ""}: logits differ by ${error.toExponential(1)} of the largest`);
  }
});

test("logits of quantized weights and of the other family are the native ones", async () => {
  assert.deepEqual(native.others.map(({ name }) => name).sort(), Object.keys(TOLERANCES).sort());
  for (const { name, ids } of native.others) {
    const error = await difference(page, name, ids, { tier: "portable" });
    assert.ok(error < TOLERANCES[name], `${name}: ${error}`);
    console.log(`# ${name}: logits differ by ${error.toExponential(1)} of the largest`);
  }
});

test("reasons with four branches", async () => {
  await page.evaluate(() => model.setMessages([]));
  const events = await told(page, "reason", native.question, { policy: "reason", branches: 4, seed: 7 });
  const of = (name) => events.filter((event) => event.event === name);
  assert.deepEqual(of("routed").map(({ route, branches }) => [route, branches]), [["reason", 4]]);
  assert.deepEqual(of("forked").map((event) => event.branch), [0, 1, 2, 3]);
  assert.deepEqual(of("stopped").map((event) => event.branch).sort(), [0, 1, 2, 3]);
  assert.equal(new Set(of("stopped").map((event) => event.text)).size, 4, "branches are drawn with seeds of their own");
  // A branch without an answer is not verified.
  const answered = of("stopped").filter((event) => event.answer !== null).map((event) => event.branch);
  assert.ok(answered.length > 0);
  assert.deepEqual(of("scored").map((event) => event.branch).sort(), answered.sort());
  assert.ok(of("scored").every(({ score }) => score > 0 && score < 1));
  assert.equal(of("vote").length, 1);
  assert.equal(of("answer").length, 1);
  const end = events.at(-1);
  assert.equal(end.event, "end");
  assert.equal(end.branch_tokens.length, 4);
  assert.ok(end.branch_tokens.every((tokens) => tokens <= 48), `${end.branch_tokens}`);
  // The same seed, the same tokens.
  await page.evaluate(() => model.setMessages([]));
  const again = await told(page, "reason", native.question, { policy: "reason", branches: 4, seed: 7 });
  const texts = (events) => events.filter((event) => event.event === "stopped").map(({ branch, text }) => `${branch} ${text}`);
  assert.deepEqual(texts(again).sort(), texts(events).sort());
});

test("one branch reasons as it does natively", async () => {
  await page.evaluate(() => model.setMessages([]));
  const events = await told(page, "reason", native.question, { policy: "reason" });
  assert.equal(events.find((event) => event.event === "stopped").text, native.reasoned);
});

test("adapters switch between answers", async () => {
  await page.evaluate(() => model.loadAdapter("other", "/fixture/adapter/"));
  const answer = async (adapter) => {
    await page.evaluate(() => model.setMessages([]));
    return (await told(page, "chat", native.question, { temperature: 0, maxTokens: native.tokens, adapter })).at(-1).text;
  };
  const base = await answer();
  assert.equal(base, native.text);
  assert.notEqual(await answer("other"), base);
  assert.equal(await answer(), base);
  const error = await failing(page, async () => {
    for await (const _ of model.chat("Hi", { adapter: "none" }));
  });
  assert.equal(error.code, "invalid");
  assert.match(error.message, /none.*loaded:.*other/s);
});

/** A folder of the server's as files that a person chose. */
const chosen = (page, folder, paths) =>
  page.evaluate(
    async ([folder, paths]) => {
      window.chosen = [];
      for (const path of paths) {
        const file = new File([await (await fetch(`/fixture/${folder}/${path}`)).arrayBuffer()], path.split("/").at(-1));
        Object.defineProperty(file, "webkitRelativePath", { value: `${folder}/${path}` });
        window.chosen.push(file);
      }
    },
    [folder, paths],
  );

test("adapters come from a folder, from files and as GGUF, with progress, and answer alike", async () => {
  await chosen(page, "adapter-r8", ["adapter_config.json", "adapter_model.safetensors", "llama-r8.gguf"]);
  const progress = await page.evaluate(async () => {
    const [config, weights, gguf] = chosen, progress = [];
    const options = { onProgress: (told) => progress.push(told) };
    const gone = "/fixture/adapter-r8/llama-r8.gguf?download=true";
    const from = { folder: "/fixture/adapter-r8/", files: [config, weights], gguf, blob: gguf.slice(), address: gone };
    for (const [name, it] of Object.entries(from)) await model.loadAdapter(name, it, options);
    return progress;
  });
  assert.ok(progress.every(({ stage }) => stage === "adapter"));
  const ends = progress.filter(({ done, total }) => done === total).map(({ total }) => total);
  const [safetensors, gguf] = await page.evaluate(() => [chosen[1].size, chosen[2].size]);
  assert.deepEqual(ends, [safetensors, safetensors, gguf, gguf, gguf]);
  const answers = [];
  for (const adapter of ["folder", "files", "gguf", "blob", "address"]) {
    await page.evaluate(() => model.setMessages([]));
    answers.push((await told(page, "chat", native.question, { temperature: 0, maxTokens: native.tokens, adapter })).at(-1).text);
    await page.evaluate((adapter) => model.unloadAdapter(adapter), adapter);
  }
  assert.equal(new Set(answers).size, 1, answers.join("\n"));
  assert.notEqual(answers[0], native.text);
});

test("an adapter that could not be fetched is fetched and kept once the server has it", async () => {
  const address = "/fixture/adapter-r8/llama-r8.gguf?again";
  const load = () => failing(page, (address) => model.loadAdapter("again", address), address);
  chromium.server.faults["/fixture/adapter-r8/llama-r8.gguf"] = { status: 503 };
  const error = await load();
  assert.deepEqual([error.code, /503/.test(error.message)], ["network", true]);
  chromium.server.faults["/fixture/adapter-r8/llama-r8.gguf"] = {};
  assert.equal((await load()).code, "nothing went wrong");
  await page.evaluate(() => model.unloadAdapter("again"));
  const kept = await page.evaluate(() => cache.list());
  assert.ok(kept.some(({ url, isWhole }) => url.endsWith("?again") && isWhole));
});

test("loading an adapter can be cancelled", async () => {
  const aborted = await failing(page, async () => {
    const controller = new AbortController();
    const coming = model.loadAdapter("late", "/fixture/adapter-r8/", { signal: controller.signal });
    controller.abort();
    await coming;
  });
  assert.deepEqual([aborted.name, aborted.code], ["AbortError", "cancelled"]);
  assert.ok(!(await page.evaluate(() => model.memory())).adapters.includes("late"));
});

test("a bundle of files that the person chose reasons as the server's", async () => {
  await chosen(page, "bundle", ["bundle.json", "heads.safetensors", ...["brief", "reasoner"].flatMap((name) => [`${name}/adapter_config.json`, `${name}/adapter_model.safetensors`])]);
  const text = await page.evaluate(
    async ([options, question]) => {
      const other = await Ruminate.load({ ...options, bundle: chosen });
      let text;
      for await (const event of other.reason(question, { policy: "reason" })) if (event.event === "stopped") text = event.text;
      other.close();
      return text;
    },
    [PORTABLE, native.question],
  );
  assert.equal(text, native.reasoned);
});

test("a call of a closed model fails, under way or later", async () => {
  const errors = await page.evaluate(async (options) => {
    const other = await Ruminate.load(options);
    const coming = [other.logits([1, 2, 3]), (async () => { for await (const _ of other.chat("Hi")); })()];
    other.close();
    coming.push(other.messages(), other.loadAdapter("late", "/fixture/adapter-r8/"), (async () => { for await (const _ of other.chat("Hi")); })());
    const late = new Promise((resolve) => setTimeout(() => resolve({ reason: { message: "never settled" } }), 5000));
    const settled = coming.map((call) => Promise.race([Promise.allSettled([call]).then(([it]) => it), late]));
    return (await Promise.all(settled)).map(({ reason }) => [reason?.name, reason?.code, reason?.message]);
  }, { model: MODEL, tier: "portable" });
  const cancelled = ["AbortError", "cancelled", "closed"];
  const closed = ["RuminateError", "invalid", "this model was closed. Load it again"];
  assert.deepEqual(errors, [cancelled, cancelled, closed, closed, closed]);
});

test("an adapter of another base is refused by name", async () => {
  const error = await failing(page, () => model.loadAdapter("foreign", "/fixture/adapter-of-another-base/"));
  assert.equal(error.code, "file", error.message);
  assert.match(error.message, /adapter_model\.safetensors|adapter_config\.json/);
  assert.deepEqual((await page.evaluate(() => model.memory())).adapters.filter((name) => name === "foreign"), []);
});

test("a cancelled answer ends soon, and the next one is whole", async () => {
  await page.evaluate(() => model.setMessages([]));
  const seen = await page.evaluate(async (question) => {
    const controller = new AbortController();
    let tokens = 0;
    try {
      for await (const event of model.reason(question, { policy: "reason", branches: 4, signal: controller.signal })) {
        if (event.event === "token" && ++tokens === 5) controller.abort();
      }
    } catch (error) {
      return [tokens, error.name, error.code, await model.messages()];
    }
  }, native.question);
  assert.deepEqual(seen.slice(1), ["AbortError", "cancelled", []]);
  assert.ok(seen[0] < 40, `${seen[0]} tokens`);
  // Leaving the loop cancels, too.
  await page.evaluate(async (question) => {
    for await (const event of model.reason(question, { policy: "reason", branches: 4 })) if (event.event === "token") break;
  }, native.question);
  const events = await told(page, "chat", native.question, { temperature: 0, maxTokens: native.tokens });
  assert.equal(events.at(-1).text, native.text);
});

test("a page that sleeps, as in a background tab, misses nothing", async () => {
  await page.evaluate(() => model.setMessages([]));
  const [events, slept] = await page.evaluate(
    async ([question, tokens]) => {
      const events = [];
      let slept = 0;
      for await (const event of model.chat(question, { temperature: 0, maxTokens: tokens })) {
        events.push(event);
        // Nothing of the page runs, no timer and no message, while the worker goes on.
        if (event.event !== "token" || slept > 0) continue;
        const begin = performance.now();
        while (performance.now() - begin < 3000);
        slept = performance.now() - begin;
      }
      return [events, slept];
    },
    [native.question, native.tokens],
  );
  assert.ok(slept >= 3000);
  assert.equal(events.at(-1).text, native.text);
  assert.equal(events.filter((event) => event.event === "token").length, native.tokens);
});

test("options that make no sense are refused by name", async () => {
  const wrong = async (options) => failing(page, async (options) => {
    for await (const _ of model.reason("Hi", options));
  }, options);
  assert.match((await wrong({ branch: 4 })).message, /branch/);
  assert.match((await wrong({ branches: 40 })).message, /1 to 16/);
  assert.match((await wrong({ policy: "reason", budget: 3 })).message, /budget/);
});

test("a lost device says so, and the next answer recovers", async () => {
  await page.evaluate(() => model.setMessages([]));
  const before = await told(page, "chat", native.question, { temperature: 0, maxTokens: native.tokens });
  assert.equal(before.at(-1).text, native.text);
  const error = await failing(page, async (question) => {
    await model.loseDevice();
    for await (const _ of model.chat(question, { temperature: 0, maxTokens: 4 }));
  }, native.question);
  assert.equal(error.code, "lost", error.message);
  assert.match(error.message, /device was lost/);
  const events = await told(page, "chat", "And in 5?", { temperature: 0, maxTokens: 4 });
  assert.equal(events[0].event, "recovered");
  assert.equal(events.at(-1).event, "end");
  const messages = await page.evaluate(() => model.messages());
  assert.deepEqual(messages.slice(0, 2).map((message) => message.content), [native.question, native.text]);
});
