// A thinking model for a page: the engine runs in a worker of its own, and the page never waits for it.

import { clear, list } from "./cache.js";
import { RuminateError } from "./failure.js";

export { RuminateError };

/** Models and bundles kept in the browser. */
export const cache = { list, clear };

/** A loaded model and a conversation with it. */
export class Ruminate {
  #worker;
  #calls = new Map();
  #count = 0;
  /** What later calls fail with, once there is no worker. */
  #over;

  /** Loads a model, and a bundle that lets it think. */
  static async load({ model, bundle, onProgress, signal, ...options }) {
    const loading = new Ruminate();
    const asked = { ...options, model: plain(model), bundle: plain(bundle) };
    try {
      loading.info = await loading.#call("load", [asked], { signal, onEvent: onProgress });
      return loading;
    } catch (error) {
      loading.close();
      throw error;
    }
  }

  /** Compares every kernel with its CPU twin on this browser's GPU; needs no model. */
  static async selfTest({ onProgress, signal, ...options } = {}) {
    const testing = new Ruminate();
    try {
      return await testing.#call("selfTest", [options], { signal, onEvent: onProgress });
    } finally {
      testing.close();
    }
  }

  constructor() {
    this.#worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    this.#worker.onmessage = ({ data: { id, ...told } }) => this.#calls.get(id)?.(told);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      const problem = `the worker failed: ${event.message ?? "it could not be started"}. Load the model again`;
      this.#end({ code: "internal", message: problem });
    };
  }

  /** Answers a question, thinking first where that pays; gives events as it goes. */
  reason(question, { signal, ...options } = {}) {
    return this.#stream("reason", [question, options], signal);
  }

  /** Answers at once, without thoughts; gives events as it goes. */
  chat(text, { signal, ...options } = {}) {
    return this.#stream("chat", [text, options], signal);
  }

  /** Loads a LoRA adapter under a name: a GGUF file or a PEFT folder, by address or as files. */
  loadAdapter(name, from, { signal, onProgress } = {}) {
    return this.#call("loadAdapter", [name, plain(from)], { signal, onEvent: onProgress });
  }

  unloadAdapter(name) {
    return this.#call("unloadAdapter", [name]);
  }

  /** The conversation so far. */
  messages() {
    return this.#call("messages", []);
  }

  /** Puts another conversation in its place. */
  setMessages(messages) {
    return this.#call("setMessages", [messages]);
  }

  /** A text's tokens. */
  tokens(text) {
    return this.#call("tokens", [text]);
  }

  /** Logits after each of some tokens, `[tokens, vocab]`. */
  logits(ids) {
    return this.#call("logits", [Array.from(ids)]);
  }

  /** What runs where, and how much memory it takes now. */
  async memory() {
    return (this.info = await this.#call("info", []));
  }

  /** Loses the GPU's device, as a driver's reset does: for tests. The next call recovers. */
  loseDevice() {
    return this.#call("loseDevice", []);
  }

  /** Ends the worker and frees the GPU's memory. */
  close() {
    this.#end({ code: "cancelled", message: "closed" }, { code: "invalid", message: "this model was closed. Load it again" });
  }

  #call(call, args, { signal, onEvent } = {}) {
    return new Promise((resolve, reject) => {
      if (this.#over) return reject(new RuminateError(this.#over.code, this.#over.message));
      if (signal?.aborted) return reject(new RuminateError("cancelled", "cancelled"));
      const id = this.#count++;
      const abort = () => this.#worker.postMessage({ abort: id });
      signal?.addEventListener("abort", abort, { once: true });
      this.#calls.set(id, ({ event, error, result }) => {
        if (event) return onEvent?.(event);
        signal?.removeEventListener("abort", abort);
        this.#calls.delete(id);
        if (error) reject(new RuminateError(error.code, error.message));
        else resolve(result);
      });
      this.#worker.postMessage({ id, call, args });
    });
  }

  /** Events one by one. Whoever stops listening cancels. */
  async *#stream(call, args, signal) {
    const own = new AbortController();
    const abort = () => own.abort();
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) abort();
    const events = [];
    let wake, error, isOver = false;
    const onEvent = (event) => (events.push(event), wake?.());
    const done = this.#call(call, args, { signal: own.signal, onEvent })
      .catch((reason) => (error = reason))
      .finally(() => ((isOver = true), wake?.()));
    try {
      while (true) {
        if (events.length > 0) yield events.shift();
        else if (isOver) break;
        else await new Promise((resolve) => (wake = resolve));
      }
      if (error) throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
      if (!isOver) {
        abort();
        await done;
      }
    }
  }

  /** Ends the worker: calls under way fail with an error, and later ones. */
  #end(error, later = error) {
    this.#worker.terminate();
    this.#over ??= later;
    for (const call of this.#calls.values()) call({ error });
  }
}

/** What a message can carry: an address as seen from the page, a file, or a folder's files with their paths. */
function plain(from) {
  if (from === undefined || from instanceof Blob) return from;
  if (typeof from === "string" || from instanceof URL) return new URL(from, globalThis.location?.href).href;
  return Array.from(from, (file) => ({ path: file.webkitRelativePath || file.name, file }));
}
