// The thread that the engine runs in. A message is `{id, call, args}`; answers are `{id, event}`, then `{id, result}` or
// `{id, error}`. `{abort: id}` cancels. Calls are done one after the other.

import init, { Hash, Model, self_test } from "./ruminate_web.js";
import { adapter, bundle, isOfBundle } from "./bundle.js";
import { forget } from "./cache.js";
import { packed, RuminateError } from "./failure.js";
import { withSubgroups } from "./gpu.js";
import { hashWith, open } from "./source.js";

hashWith(Hash);

let wasm, gpu, model, asked, isLost = false;
let last = Promise.resolve();
const running = new Map();

self.onmessage = ({ data }) => {
  if (data.abort !== undefined) return running.get(data.abort)?.abort();
  const { id, call, args } = data;
  const controller = new AbortController();
  running.set(id, controller);
  last = last.then(async () => {
    const job = { signal: controller.signal, tell: (event) => self.postMessage({ id, event }) };
    try {
      if (controller.signal.aborted) throw new RuminateError("cancelled", "cancelled");
      self.postMessage({ id, result: await calls[call](job, ...args) });
    } catch (error) {
      const told = packed(error);
      isLost ||= told.code === "lost";
      self.postMessage({ id, error: told });
    }
    running.delete(id);
  });
};

const calls = {
  load: (job, options) => {
    asked = options;
    return load(job).catch(async (error) => {
      // What is no model, or no bundle, does not stay in the cache: the server may have the right one next time.
      if (error.code === "file") await forget(isOfBundle(error.file) ? asked.bundle : asked.model);
      throw error;
    });
  },
  reason: async (job, question, options) => (await ready(job)).reason(question, JSON.stringify(options), teller(job)),
  chat: async (job, text, options) => (await ready(job)).chat(text, JSON.stringify(options), teller(job)),
  loadAdapter: async (job, name, from) => {
    const told = (done, total) => job.tell({ stage: "adapter", done, total });
    const { files, path } = await adapter(from, { ...fetching(job, asked.cache), told });
    try {
      (await ready({ ...job, tell: () => {} })).load_adapter(name, files, path);
    } catch (error) {
      if (error.code === "file") await forget(from);
      throw error;
    }
    adapters.set(name, from);
  },
  unloadAdapter: async (job, name) => {
    (await ready(job)).unload_adapter(name);
    adapters.delete(name);
  },
  messages: async (job) => JSON.parse((await ready(job)).messages()),
  setMessages: async (job, messages) => (await ready(job)).set_messages(JSON.stringify(messages)),
  tokens: async (job, text) => (await ready(job)).tokens(text),
  logits: async (job, ids) => (await ready(job)).logits(new Uint32Array(ids)),
  info: async (job) => info(await ready(job)),
  loseDevice: async () => model.lose_device(),
  selfTest,
};

/** Adapters by name, to be loaded again after a lost device. */
const adapters = new Map();

async function load(job) {
  const tell = (stage, done, total) => (job.tell({ stage, done, total }), !job.signal.aborted);
  const { cache, sha256, model: from, bundle: folder, subgroups = true, ...engine } = asked;
  tell("engine", 0, 1);
  await start();
  engine.subgroups = subgroups && gpu.subgroups;
  const common = fetching(job, cache);
  const found = folder === undefined ? undefined : await bundle(folder, common);
  const source = await open(from, { ...common, sha256: sha256 ?? found?.manifest.base?.sha256 });
  try {
    const loaded = await Model.load(source, found?.files, JSON.stringify(engine), tell);
    try {
      await source.finish();
    } catch (error) {
      loaded.free();
      throw error;
    }
    model?.free();
    model = loaded;
    isLost = false;
    return info(model);
  } finally {
    source.close();
  }
}

/** How files are fetched for a job. */
const fetching = ({ signal, tell }, cache) => ({ cache, signal, note: (stage, problem) => tell({ stage, problem }) });

/** Every kernel on this GPU against its CPU twin: the report, and its text. */
async function selfTest(job, { subgroups = true, ...options }) {
  await start();
  const { name, features, limits } = gpu;
  const asked = { ...options, subgroups: subgroups && gpu.subgroups, adapter: name, browser: navigator.userAgent };
  const { report, text } = JSON.parse(await self_test(JSON.stringify(asked), teller(job)));
  const said = Object.entries(limits).map(([limit, value]) => `${limit} ${value}`);
  return { ...report, features, limits, text: `${text}\nFeatures: ${features.join(", ")}\nLimits: ${said.join(", ")}\n` };
}

/** Has the adapter and the engine ready. */
async function start() {
  gpu ??= await withSubgroups();
  wasm ??= await init({ module_or_path: new URL("./ruminate_web_bg.wasm", import.meta.url) });
}

/** The model; after a lost device, loaded again with its adapters and its conversation. */
async function ready(job) {
  if (!model) throw new RuminateError("invalid", "there is no model. Call load() first");
  if (isLost) {
    const messages = model.messages();
    await load({ ...job, tell: () => {} });
    model.set_messages(messages);
    for (const [name, from] of adapters) {
      const { files, path } = await adapter(from, { signal: job.signal, cache: asked.cache });
      model.load_adapter(name, files, path);
    }
    job.tell({ event: "recovered" });
  }
  return model;
}

function teller(job) {
  return (event) => {
    if (job.signal.aborted) return false;
    job.tell(JSON.parse(event));
    return true;
  };
}

function info(model) {
  return { ...JSON.parse(model.info()), device: gpu.name, wasmBytes: wasm.memory.buffer.byteLength };
}
