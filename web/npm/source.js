// Files that are read piece by piece: from a server by ranges, from the cache, or from disk. In the worker only.

import { Stored } from "./cache.js";
import { RuminateError } from "./failure.js";

/** What is fetched, kept and checked at a time, in bytes. */
const BLOCK = 4 << 20;
/** Blocks that are held in memory, and fetched ahead. */
const HELD = 4, AHEAD = 2;
/** Seconds before each further try. */
const PAUSES = [0.2, 1, 3];

/** SHA-256 of what comes in pieces: `update(bytes)`, `finish()`. */
let Hash;
export const hashWith = (type) => (Hash = type);

/** A source with `name`, `size` and `read(start, end)`; close it when the file is read. */
export async function open(file, { sha256, cache = true, signal, note = () => {} } = {}) {
  if (file instanceof Blob) return new Disk(file);
  const url = new URL(file, self.location.href).href;
  const stored = cache ? await Stored.open(url, BLOCK, note) : null;
  // What is whole and was checked needs no server.
  if (stored?.isWhole && (!sha256 || stored.verified === sha256)) return new Remote(url, stored.head, { stored, signal, note });
  try {
    const version = await ask(url, signal);
    stored?.begin(version, Boolean(sha256));
    return new Remote(url, version, { stored, sha256, signal, note });
  } catch (error) {
    stored?.close();
    throw error;
  }
}

/** All bytes of a small file; `told(done, total)` as they come. */
export async function whole(file, { told = () => {}, ...options } = {}) {
  const source = await open(file, options);
  try {
    const bytes = new Uint8Array(source.size);
    for (let at = 0; at < bytes.length; at += BLOCK) {
      told(at, bytes.length);
      bytes.set(await source.read(at, Math.min(at + BLOCK, bytes.length)), at);
    }
    told(bytes.length, bytes.length);
    await source.finish();
    return bytes;
  } finally {
    source.close();
  }
}

/** A file that the person chose. */
class Disk {
  constructor(blob) {
    this.blob = blob;
    this.name = blob.name ?? "model";
    this.size = blob.size;
  }

  async read(start, end) {
    try {
      return new Uint8Array(await this.blob.slice(start, end).arrayBuffer());
    } catch (error) {
      throw new RuminateError("file", `${this.name} cannot be read: ${error.message}. Choose it again`);
    }
  }

  async finish() {}
  close() {}
}

/** A file on a server, kept in the cache block by block. */
class Remote {
  /** `version` is `{size, tag}`. */
  constructor(url, version, { stored, sha256, signal, note }) {
    Object.assign(this, { url, version, size: version.size, stored, sha256, signal, note });
    this.name = url;
    this.blocks = new Map();
  }

  async read(start, end) {
    const bytes = new Uint8Array(end - start);
    for (let at = start; at < end; ) {
      const index = Math.floor(at / BLOCK);
      const block = await this.block(index);
      const from = at - index * BLOCK;
      const part = block.subarray(from, Math.min(block.length, from + end - at));
      if (part.length === 0) throw new RuminateError("file", `${this.url} ends before byte ${end}. Load it again`);
      bytes.set(part, at - start);
      at += part.length;
    }
    return bytes;
  }

  /** Fetches what was not read, and checks the whole. Nothing that is wrong stays in the cache. */
  async finish() {
    const { stored, sha256, replaced } = this;
    if (replaced) throw replaced;
    if (stored?.isOpen ? stored.isWhole && (!sha256 || stored.verified === sha256) : !sha256) return;
    const hash = new Hash();
    for (let index = 0; index * BLOCK < this.size; index++) {
      // Without a cache, this downloads it a second time; browsers may have kept it.
      hash.update(await this.block(index));
    }
    const found = hash.finish();
    if (sha256 && found !== sha256.toLowerCase()) {
      await stored?.discard();
      const problem = `it has SHA-256 ${found}, not ${sha256}`;
      throw new RuminateError("file", `${this.url}: ${problem}. It was not kept: load it again, or correct the hash`);
    }
    if (stored?.isOpen) stored.verify(found);
  }

  close() {
    this.stored?.close();
    this.blocks.clear();
  }

  /** A block, kept once it is there; the next ones are under way by then. */
  async block(index) {
    if (this.signal?.aborted) throw new RuminateError("cancelled", "cancelled");
    if (this.replaced) throw this.replaced;
    const found = this.wanted(index);
    const last = Math.ceil(this.size / BLOCK) - 1;
    for (let next = index + 1; next <= Math.min(index + AHEAD, last); next++) this.wanted(next);
    try {
      return await found;
    } catch (error) {
      this.blocks.delete(index);
      throw error;
    }
  }

  wanted(index) {
    let block = this.blocks.get(index);
    if (block) this.blocks.delete(index);
    else {
      block = this.load(index);
      // Who asks for it hears of it; one fetched ahead may never be asked for.
      block.catch(() => this.blocks.delete(index));
    }
    this.blocks.set(index, block);
    for (const old of this.blocks.keys()) {
      if (this.blocks.size <= HELD + AHEAD) break;
      this.blocks.delete(old);
    }
    return block;
  }

  async load(index) {
    const kept = await this.stored?.read(index);
    if (kept) return kept;
    const start = index * BLOCK;
    try {
      const bytes = await range(this, start, Math.min(start + BLOCK, this.size));
      await this.stored?.write(index, bytes);
      return bytes;
    } catch (error) {
      if (error.isReplaced) {
        this.replaced = error;
        await this.stored?.discard();
      }
      throw error;
    }
  }
}

/** Size and version of what is at an address; the tag is `null` where the server tells none. */
async function ask(url, signal) {
  // Where a range is asked for, browsers take nothing that is compressed on the way, whose size would be another.
  const answer = await fetched(url, { method: "HEAD", headers: { range: "bytes=0-" }, signal, cache: "no-cache" });
  const size = Number(answer.headers.get("content-length"));
  if (!(size > 0)) throw new RuminateError("network", `${url}: the server does not say how large it is (Content-Length)`);
  return { size, tag: tags(answer)[0] ?? null };
}

const tags = ({ headers }) => [headers.get("etag"), headers.get("last-modified")].filter(Boolean);

/** Whether an answer is of another version. What a server does not tell, or not to pages of other origins, is not compared. */
function isOther(answer, { size, tag }) {
  const total = /\/(\d+)$/.exec(answer.headers.get("content-range") ?? "");
  const found = tags(answer);
  return (total && Number(total[1]) !== size) || (tag !== null && found.length > 0 && !found.includes(tag));
}

function replaced(url) {
  const problem = "it was replaced on the server while it was downloaded. What had come of it is not kept: load it again";
  return Object.assign(new RuminateError("network", `${url}: ${problem}`), { isFinal: true, isReplaced: true });
}

/** The bytes of a range of a remote file, after some tries. */
async function range(remote, start, end) {
  const { url, signal } = remote;
  for (let tries = 0; ; tries++) {
    try {
      const answer = await ofVersion(remote, { headers: { range: `bytes=${start}-${end - 1}` }, signal });
      if (answer.status === 206) {
        const bytes = new Uint8Array(await answer.arrayBuffer());
        if (bytes.length === end - start) return bytes;
        throw new RuminateError("network", `${url}: the server sent ${bytes.length} bytes of ${end - start}`);
      }
      // A server without ranges sends all: what comes after the range is not waited for.
      return await cut(answer, url, start, end);
    } catch (error) {
      if (signal?.aborted) throw new RuminateError("cancelled", "cancelled");
      if (tries === PAUSES.length || error.isFinal) throw asNetwork(error, url);
      await new Promise((resolve) => setTimeout(resolve, 1000 * PAUSES[tries]));
    }
  }
}

/** An answer that is not of another version. */
async function ofVersion({ url, version, stored }, options) {
  // The browser's own cache would keep all of it a second time; where it is of use, it may have an old version.
  for (const cache of stored?.isOpen ? ["no-store"] : ["default", "reload"]) {
    const answer = await fetched(url, { ...options, cache });
    if (!isOther(answer, version)) return answer;
    answer.body?.cancel().catch(() => {});
  }
  throw replaced(url);
}

async function cut(answer, url, start, end) {
  const bytes = new Uint8Array(end - start);
  const reader = answer.body.getReader();
  let at = 0;
  for (let piece; at < end && !(piece = await reader.read()).done; at += piece.value.length) {
    const from = Math.max(0, start - at);
    const part = piece.value.subarray(from, Math.max(from, end - at));
    if (part.length > 0) bytes.set(part, at + from - start);
  }
  reader.cancel().catch(() => {});
  if (at < end) throw new RuminateError("network", `${url}: it ended after ${at} bytes`);
  return bytes;
}

async function fetched(url, options) {
  const answer = await fetch(url, options).catch((error) => {
    throw options.signal?.aborted ? new RuminateError("cancelled", "cancelled") : asNetwork(error, url);
  });
  if (answer.ok) return answer;
  // A range past the end: it was longer before.
  if (answer.status === 416) throw replaced(url);
  const error = new RuminateError("network", `${url}: the server answered ${answer.status} ${answer.statusText}`);
  error.isFinal = answer.status < 500;
  throw error;
}

function asNetwork(error, url) {
  if (error instanceof RuminateError) return error;
  const why = "there is no connection, or its server does not allow this page to read it (CORS)";
  return new RuminateError("network", `${url} cannot be fetched (${error.message}): ${why}. What has come so far is kept`);
}
