// Files from the network, kept in the browser's private file system: a folder each, with the bytes and a list of the
// blocks that are whole. A block is believed only with its hash, so what a crash or a full disk leaves is fetched anew.

const FOLDER = "ruminate", BYTES = "bytes", LIST = "list";

/** What is kept: `{url, size, kept, isWhole}`, sizes in bytes. */
export async function list() {
  const found = [];
  for await (const [, folder] of await folders()) {
    const text = await (await folder.getFileHandle(LIST)).getFile().then((file) => file.text()).catch(() => "");
    const { head, hashes } = parsed(text);
    if (!head) continue;
    const blocks = Math.ceil(head.size / head.block);
    const kept = Math.min(head.size, hashes.size * head.block);
    found.push({ url: head.url, size: head.size, kept, isWhole: hashes.size === blocks });
  }
  return found;
}

/** Removes a file, or all of them. */
export async function clear(url) {
  const root = await navigator.storage.getDirectory();
  if (url === undefined) return root.removeEntry(FOLDER, { recursive: true }).catch(ignoreMissing);
  const parent = await root.getDirectoryHandle(FOLDER).catch(ignoreMissing);
  await parent?.removeEntry(await key(url), { recursive: true }).catch(ignoreMissing);
}

/** Removes what came from an address, or from below it, but what another tab has open. */
export async function forget(from) {
  if (typeof from !== "string") return;
  const below = from.replace(/\/?$/, "/");
  const kept = await list().catch(() => []);
  for (const { url } of kept) if (url === from || url.startsWith(below)) await clear(url).catch(() => {});
}

/** A file in the cache, open in this worker alone. */
export class Stored {
  /** `null` where there is no cache: in private windows of some browsers, or while another tab has the file. */
  static async open(url, block, note) {
    const stored = Object.assign(new Stored(), { url, block, note, head: null, hashes: new Map(), isOpen: true });
    try {
      const root = await navigator.storage.getDirectory();
      stored.parent = await root.getDirectoryHandle(FOLDER, { create: true });
      stored.key = await key(url);
      const folder = await stored.parent.getDirectoryHandle(stored.key, { create: true });
      const access = async (name) => (await folder.getFileHandle(name, { create: true })).createSyncAccessHandle();
      stored.bytes = await access(BYTES);
      stored.list = await access(LIST);
      const text = new Uint8Array(stored.list.getSize());
      stored.list.read(text, { at: 0 });
      Object.assign(stored, parsed(new TextDecoder().decode(text)));
      // A torn last line is written over.
      stored.list.truncate(stored.end);
      if (stored.head?.block !== block) stored.head = null;
      return stored;
    } catch (error) {
      stored.close();
      note("uncached", `${url} is not kept: ${error.message}`);
      return null;
    }
  }

  get size() {
    return this.head.size;
  }

  get isWhole() {
    return this.head !== null && this.hashes.size === Math.ceil(this.head.size / this.block);
  }

  /** Starts anew unless what is kept is of the same version; where the server tells none, unless the whole `isChecked`. */
  begin({ size, tag }, isChecked) {
    if (this.head?.size === size && this.head.tag === tag && (tag !== null || isChecked)) return;
    this.head = { url: this.url, size, tag, block: this.block };
    this.hashes.clear();
    this.verified = null;
    this.bytes.truncate(0);
    this.list.truncate(0);
    this.end = 0;
    this.append(this.head);
  }

  /** A block with the hash that it was written with, or nothing. */
  async read(index) {
    if (!this.isOpen || !this.hashes.has(index)) return undefined;
    const bytes = new Uint8Array(Math.min(this.block, this.size - index * this.block));
    const length = this.bytes.read(bytes, { at: index * this.block });
    if (length === bytes.length && (await digest(bytes)) === this.hashes.get(index)) return bytes;
    this.hashes.delete(index);
    return undefined;
  }

  /** Keeps a block. Where that fails, the file is kept no longer, and goes on without. */
  async write(index, bytes) {
    if (!this.isOpen) return;
    const hash = await digest(bytes);
    if (!this.isOpen) return;
    try {
      const written = this.bytes.write(bytes, { at: index * this.block });
      if (written !== bytes.length) throw new Error(`only ${written} bytes of ${bytes.length} could be written`);
      this.bytes.flush();
      this.append({ index, hash });
      this.hashes.set(index, hash);
    } catch (error) {
      await this.discard();
      this.note("uncached", `${this.url} is not kept: ${error.message}. It will be downloaded again next time`);
    }
  }

  /** Notes that the whole has this hash. */
  verify(sha256) {
    this.verified = sha256;
    this.append({ verified: sha256 });
  }

  append(line) {
    const bytes = new TextEncoder().encode(JSON.stringify(line) + "\n");
    const written = this.list.write(bytes, { at: this.end });
    if (written !== bytes.length) throw new Error("the disk is full");
    this.list.flush();
    this.end += bytes.length;
  }

  async discard() {
    if (!this.isOpen) return;
    this.close();
    await this.parent?.removeEntry(this.key, { recursive: true }).catch(ignoreMissing);
  }

  close() {
    this.isOpen = false;
    this.bytes?.close();
    this.list?.close();
  }
}

/** The lines of a list, up to the first that is torn. */
function parsed(text) {
  const found = { head: null, hashes: new Map(), verified: null, end: 0 };
  for (const line of text.split("\n").slice(0, -1)) {
    try {
      const entry = JSON.parse(line);
      if (entry.url) found.head = entry;
      else if (entry.verified) found.verified = entry.verified;
      else found.hashes.set(entry.index, entry.hash);
    } catch {
      break;
    }
    found.end += new TextEncoder().encode(line).length + 1;
  }
  return found;
}

async function folders() {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle(FOLDER).catch(ignoreMissing);
  return folder?.entries() ?? [];
}

function ignoreMissing(error) {
  if (error.name !== "NotFoundError") throw error;
}

const key = (url) => digest(new TextEncoder().encode(url));

async function digest(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
