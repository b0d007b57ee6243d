// The studio's own files (conversations and settings) in the browser's database: read whole at the start, written behind.

const NAME = "ruminate-studio", FILES = "files";

/** `files` are `[name, bytes]`. Without a database, as in some private windows, nothing is kept, and that is said. */
export async function openDisk() {
  const disk = new Disk();
  try {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(FILES);
    disk.database = await done(request);
    const store = disk.database.transaction(FILES).objectStore(FILES);
    const [names, contents] = await Promise.all([done(store.getAllKeys()), done(store.getAll())]);
    disk.files = names.map((name, index) => [name, contents[index]]);
  } catch (error) {
    disk.trouble = `Conversations are not kept in this browser: ${error.message}`;
  }
  return disk;
}

class Disk {
  files = [];
  onproblem = () => {};

  write(name, bytes) {
    this.#change((store) => store.put(bytes, name));
  }

  remove(name) {
    this.#change((store) => store.delete(name));
  }

  #change(change) {
    if (!this.database) return this.#tell(this.trouble);
    try {
      const transaction = this.database.transaction(FILES, "readwrite");
      // A file has its old contents or all of the new ones.
      transaction.onabort = () => this.#tell(`The conversation cannot be kept: ${transaction.error?.message ?? "there is no room"}`);
      change(transaction.objectStore(FILES));
    } catch (error) {
      this.#tell(`The conversation cannot be kept: ${error.message}`);
    }
  }

  /** Says it once. */
  #tell(text) {
    if (this.told !== text) this.onproblem((this.told = text));
  }
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
