// `node web/tests/measure.mjs MODEL.gguf`: sizes, load time, memory and tokens/s in the browser, against the native engine on
// the same adapter and against other engines on the same page. Each result is a line of `--out`, written as it comes.
//
// CHROMIUM       the browser; CHROMIUM_FLAGS what has it compute on a GPU instead of its software driver
// --native PATH  the command `ruminate`, and --icd FILE the manifest of the browser's software driver, where that is measured
// --rivals PATH  a node_modules folder with @wllama/wllama and @huggingface/transformers
// --onnx PATH    a folder of the same model for transformers.js (config.json, tokenizer.json, onnx/model*.onnx)
// --bundle PATH  a reasoner's bundle for the model: wasm memory with all of its adapters, of the package and of the studio
// --parts A,B    only these; --tokens N to generate, 16 unless said otherwise; --words N before the question, none unless said
//                otherwise; --limit SECONDS of each part, 300

import { execFile } from "node:child_process";
import { appendFile, readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs, promisify } from "node:util";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { changeWorker, DIST, start } from "./browser.mjs";
import { begin, ready } from "./studio.mjs";

const text = { type: "string" };
const { values: asked, positionals: [path] } = parseArgs({
  allowPositionals: true,
  options: {
    native: text, bundle: text, icd: text, rivals: text, onnx: text, out: text, parts: text,
    tokens: { ...text, default: "16" }, words: { ...text, default: "0" }, limit: { ...text, default: "300" },
  },
});
const WORDS = "a river runs north past old mills while people in small boats sell bread and salt to the towns along its banks".split(" ");
const before = Array.from({ length: Number(asked.words) }, (_, i) => WORDS[(i * 7) % WORDS.length]);
const QUESTION = [...before, "What is a volcano?"].join(" "), tokens = Number(asked.tokens), model = `/fixture/${basename(path)}`;

/** Says and keeps a result. */
async function result(part, found) {
  console.log(part, JSON.stringify(found));
  if (asked.out) await appendFile(asked.out, `${JSON.stringify({ part, ...found })}\n`);
}

/** What a page gives within the limit; a page of its own, and a browser of its own, which is closed in any case. */
async function inPage(work, argument, options) {
  const roots = Object.fromEntries([["/rivals/", asked.rivals], ["/onnx/", asked.onnx], ["/bundle/", asked.bundle]].filter(([, folder]) => folder));
  const chromium = await start({ fixture: dirname(resolve(path)), roots, ...options });
  let timer;
  try {
    const page = await chromium.page();
    page.on("console", (message) => /^measure:|backend|adapter|webgpu/i.test(message.text()) && console.log("  console:", message.text().slice(0, 200)));
    const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`not done after ${asked.limit} s`)), 1000 * asked.limit)));
    return await Promise.race([page.evaluate(work, argument), late]);
  } finally {
    clearTimeout(timer);
    await chromium.stop();
  }
}

/** Loads twice, from the network and from the cache, and answers each time: questions that begin differently, of which no engine knows keys and values. */
async function ours([model, tier, question, tokens, f16]) {
  const found = [];
  for (const from of ["network", "cache"]) {
    const begin = performance.now();
    const ruminate = await Ruminate.load({ model, tier, f16, context: 1024 });
    const load = (performance.now() - begin) / 1000;
    console.log(`measure: loaded from ${from} in ${load.toFixed(1)} s`);
    // The first answer compiles the kernels that it meets.
    const answers = [];
    for (let i = 0; i < 2; i++) {
      await ruminate.setMessages([]);
      let end;
      for await (const event of ruminate.chat(`${i + 1}. ${question}`, { temperature: 0, maxTokens: tokens })) end = event;
      answers.push(end);
      console.log(`measure: ${end.tokens} tokens in ${end.decode_seconds.toFixed(1)} s`);
    }
    const { tier: taken, device, wasmBytes, gpuBytes } = await ruminate.memory();
    ruminate.close();
    const [first, { prompt_tokens, first_token_seconds, decode_seconds, tokens: made, text }] = answers;
    found.push({
      from, tier: taken, device, load, wasmBytes, gpuBytes, promptTokens: prompt_tokens,
      firstTokenCold: first.first_token_seconds, firstToken: first_token_seconds, rate: (made - 1) / decode_seconds, text,
    });
  }
  return found;
}

/** Bytes of wasm memory, which never shrinks, with a bundle: loaded, with each further adapter, and after an answer by branches. */
async function reasoner([model, question, tokens]) {
  const { adapters, default_adapter } = await (await fetch("/bundle/bundle.json")).json();
  const ruminate = await Ruminate.load({ model, bundle: "/bundle/", context: 1024 });
  const found = [];
  const note = async (after) => {
    const { wasmBytes, gpuBytes } = await ruminate.memory();
    found.push({ after, wasmBytes, gpuBytes });
    console.log(`measure: ${after}: ${wasmBytes}`);
  };
  await note("load");
  for (const [name, { path }] of Object.entries(adapters)) {
    if (name === default_adapter) continue;
    await ruminate.loadAdapter(name, `/bundle/${path}/`);
    await note(`adapter ${name}`);
  }
  for await (const _ of ruminate.reason(question, { policy: "reason", branches: 2, budget: tokens }));
  await note("answer");
  ruminate.close();
  return found;
}

/** Bytes of wasm memory of the studio's two instances, its window's and its engine's, with a model and a bundle, all adapters read. */
async function studio() {
  const memory = `
    const instantiate = WebAssembly.instantiate;
    WebAssembly.instantiate = async (...given) => {
      const made = await instantiate(...given);
      globalThis.wasm = (made.instance ?? made).exports.memory;
      return made;
    };`;
  const chromium = await start({ fixture: dirname(resolve(path)), roots: { "/bundle/": resolve(asked.bundle) } });
  try {
    await changeWorker(chromium.server, memory, "studio/worker.js");
    const page = await (await chromium.browser.newContext()).newPage();
    await page.addInitScript(memory);
    const { size } = await stat(path);
    const offered = {
      models: [{ file: model, name: basename(path), about: "", bytes: size }],
      bundles: [{ folder: "/bundle/", name: basename(asked.bundle), base: basename(path), about: "", bytes: 1 }],
    };
    await page.route("**/studio/models.json", (route) => route.fulfill({ json: offered }));
    await page.goto(`${chromium.server.url}/studio/index.html`);
    await page.waitForSelector("#offer:not([hidden])");
    await begin(page);
    await ready(page);
    const bytes = () => wasm.buffer.byteLength;
    return [{ window: await page.evaluate(bytes), engine: await page.workers()[0].evaluate(bytes) }];
  } finally {
    await chromium.stop();
  }
}

async function wllama([model, threads, layers, question, tokens]) {
  const { Wllama } = await import("/rivals/@wllama/wllama/esm/index.js");
  const wllama = new Wllama({ default: "/rivals/@wllama/wllama/esm/wasm/wllama.wasm" });
  const begin = performance.now();
  const options = { n_ctx: 1024, n_threads: threads, ...(layers === undefined ? {} : { n_gpu_layers: layers }), useCache: false };
  await wllama.loadModelFromUrl(location.origin + model, options);
  const load = (performance.now() - begin) / 1000;
  console.log(`measure: loaded in ${load.toFixed(1)} s`);
  const answer = async (number) => {
    const begin = performance.now(), at = [];
    let text = "";
    const messages = [{ role: "user", content: `${number}. ${question}` }];
    const chunks = await wllama.createChatCompletion({ messages, max_tokens: tokens, temperature: 0, stream: true });
    for await (const chunk of chunks) {
      const more = chunk.choices[0]?.delta?.content;
      if (more) at.push(performance.now()), (text += more);
    }
    return { firstToken: (at[0] - begin) / 1000, rate: (1000 * (at.length - 1)) / (at.at(-1) - at[0]), text };
  };
  await answer(1);
  console.log("measure: warm");
  const found = { load, threads: wllama.getNumThreads(), sees: wllama.isSupportWebGPU(), ...(await answer(2)) };
  await wllama.exit();
  return found;
}

async function transformers([device, dtype, question, tokens]) {
  const { pipeline, env, TextStreamer } = await import("/rivals/@huggingface/transformers/dist/transformers.min.js");
  Object.assign(env, { allowRemoteModels: false, allowLocalModels: true, localModelPath: "/" });
  env.backends.onnx.wasm.wasmPaths = "/rivals/onnxruntime-web/dist/";
  const begin = performance.now();
  const generate = await pipeline("text-generation", "onnx", { device, dtype });
  const load = (performance.now() - begin) / 1000;
  console.log(`measure: loaded in ${load.toFixed(1)} s`);
  const answer = async (number) => {
    const begin = performance.now(), at = [];
    const streamer = new TextStreamer(generate.tokenizer, { skip_prompt: true, token_callback_function: () => at.push(performance.now()), callback_function() {} });
    const [out] = await generate([{ role: "user", content: `${number}. ${question}` }], { max_new_tokens: tokens, do_sample: false, streamer });
    return { firstToken: (at[0] - begin) / 1000, rate: (1000 * (at.length - 1)) / (at.at(-1) - at[0]), text: out.generated_text.at(-1).content };
  };
  await answer(1);
  console.log("measure: warm");
  return { load, ...(await answer(2)) };
}

/** What `ruminate` does natively on the browser's driver. */
async function native(tier) {
  const env = { ...process.env, ...(asked.icd && { VK_DRIVER_FILES: asked.icd, VK_ICD_FILENAMES: asked.icd }) };
  const args = ["run", "--model", resolve(path), ...(tier ? ["--tier", tier] : []), "--ctx", "1024", "--prompt", QUESTION, "--temperature", "0", "--max-tokens", String(tokens), "--json"];
  const { stdout } = await promisify(execFile)(asked.native, args, { env, timeout: 1000 * asked.limit });
  const end = stdout.trim().split("\n").map((line) => JSON.parse(line)).find((event) => event.event === "end");
  return { tier: tier ?? "default", promptTokens: end.prompt_tokens, firstToken: end.first_token_seconds, rate: (end.tokens - 1) / end.decode_seconds };
}

const parts = {
  async sizes() {
    const sum = { bytes: 0, gzip: 0, brotli: 0 };
    for (const name of (await readdir(DIST)).filter((name) => /\.(js|wasm)$/.test(name) && !/self-test/.test(name))) {
      const bytes = await readFile(join(DIST, name));
      const sizes = { bytes: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotliCompressSync(bytes).length };
      for (const key in sum) sum[key] += sizes[key];
      if (name.endsWith(".wasm")) await result("sizes", { name, ...sizes });
    }
    return [{ name: "all that a page loads", ...sum }];
  },
  ours: () => inPage(ours, [model, undefined, QUESTION, tokens]),
  oursWithoutF16: () => inPage(ours, [model, undefined, QUESTION, tokens, false]),
  software: () => inPage(ours, [model, "software", QUESTION, tokens]),
  portable: () => inPage(ours, [model, "portable", QUESTION, tokens]),
  ...(asked.bundle && { reasoner: () => inPage(reasoner, [model, QUESTION, tokens]), studio }),
  ...(asked.native && { native: async () => [await native()], nativeSoftware: async () => [await native("software")], nativePortable: async () => [await native("portable")] }),
  ...(asked.rivals && {
    wllamaOne: async () => [await inPage(wllama, [model, 1, 0, QUESTION, tokens], {})],
    wllamaTwo: async () => [await inPage(wllama, [model, 2, 0, QUESTION, tokens], { isolated: true })],
    wllamaGpu: async () => [await inPage(wllama, [model, 1, undefined, QUESTION, tokens], {})],
  }),
  ...(asked.onnx && {
    transformersGpuQ4F16: async () => [await inPage(transformers, ["webgpu", "q4f16", QUESTION, tokens], {})],
    transformersGpuQ4: async () => [await inPage(transformers, ["webgpu", "q4", QUESTION, tokens], {})],
    transformersCpuQ4: async () => [await inPage(transformers, ["wasm", "q4", QUESTION, tokens], {})],
  }),
};

for (const part of asked.parts?.split(",") ?? Object.keys(parts)) {
  console.log(`== ${part}, ${new Date().toISOString().slice(11, 19)}`);
  try {
    for (const found of await parts[part]()) await result(part, found);
  } catch (error) {
    await result(part, { failed: String(error.message ?? error).split("\n")[0] });
  }
}
process.exit(0);
