// The thread that the studio's engine runs in. It gets `{module, tier, sizes}` first, then `{command}` as JSON, and
// `{files: {path, files}}` of the person's own; it sends `{update}` as JSON, and `{failed}`.

import init, { command, Hash, start_engine } from "./ruminate_app.js";
import { adapter, bundle } from "../bundle.js";
import { forget } from "../cache.js";
import { withSubgroups } from "../gpu.js";
import { hashWith, open } from "../source.js";

hashWith(Hash);
const own = new Map();
/** Where the folder was that files were fetched from last, by the first part of their paths. */
const origins = new Map();
let started, sizes;

self.onmessage = ({ data }) => {
  if (data.module) started = start(data).then(() => true, failed);
  else if (data.files) own.set(data.files.path, data.files.files);
  else started.then((isThere) => isThere && command(data.command));
};

/** The engine could not be started: what it is asked is not done. */
function failed(error) {
  self.postMessage({ failed: error.message });
  return false;
}

async function start({ module, tier, sizes: known }) {
  sizes = known;
  const { name, subgroups } = await withSubgroups();
  await init({ module_or_path: module });
  start_engine(host, name, navigator.userAgent, subgroups, tier);
}

const options = { note: (_, problem) => tell({ Problem: problem }) };

/** What the engine asks of its surroundings. */
const host = {
  tell: (update) => self.postMessage({ update }),
  source: (path, sha256) => open(own.get(path)?.[0].file ?? path, { sha256, ...options }),
  folder: async (kind, path) => {
    try {
      const files = await read(kind, path);
      origins.set(root(files[0][0]), path);
      return files;
    } catch (error) {
      if (error.code === "file") await forget(path);
      throw error;
    }
  },
  forget: (file) => forget(origins.get(root(file)) ?? file),
};

const root = (path) => path.split("/")[0];

/** The files of a bundle or an adapter. */
async function read(kind, path) {
  const from = own.get(path) ?? path;
  if (kind === "adapter") return (await adapter(from, options)).files;
  const total = sizes[path] ?? 0;
  let done = 0;
  const told = (bytes) => tell({ Loading: { what: "reasoner", done: (done += bytes), total } });
  tell({ Loading: { what: "reasoner", done, total } });
  return (await bundle(from, { every: true, told, ...options })).files;
}

function tell(update) {
  self.postMessage({ update: JSON.stringify(update) });
}
