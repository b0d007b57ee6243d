// Bundles and adapters as lists of [path, bytes], from a folder's address or from files that the person chose.

import { RuminateError } from "./failure.js";
import { whole } from "./source.js";

const CONFIG = "adapter_config.json", WEIGHTS = "adapter_model.safetensors", GGUF = "adapter.gguf";
const FOLDER = "bundle", MANIFEST = "bundle.json";

/** A bundle's files below `bundle/`, and its manifest. Of adapters but the default one, all files only with `every`. `told` is given each file's bytes. */
export async function bundle(from, { every = false, told = () => {}, ...options } = {}) {
  const file = reader(from, MANIFEST, options);
  const bytes = await file(MANIFEST);
  const manifest = parsed(bytes);
  const files = [[`${FOLDER}/${MANIFEST}`, bytes]];
  told(bytes.length);
  const add = async (path) => {
    const bytes = await file(path);
    files.push([`${FOLDER}/${path}`, bytes]);
    told(bytes.length);
  };
  if (manifest.heads) await add(manifest.heads);
  for (const [name, adapter] of Object.entries(manifest.adapters ?? {})) {
    await add(`${adapter.path}/${CONFIG}`);
    // Of the others, it is enough to know that they are there.
    if (every || name === manifest.default_adapter) await add(`${adapter.path}/${WEIGHTS}`);
  }
  return { files, manifest };
}

function parsed(bytes) {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    const thrown = new RuminateError("file", `${MANIFEST} is not JSON (${error.message}). Load it again, or correct it`);
    throw Object.assign(thrown, { file: FOLDER });
  }
}

/** Whether a file that an error names is of the bundle. */
export const isOfBundle = (file) => file === FOLDER || file?.startsWith(`${FOLDER}/`);

/** An adapter's files, and the path to open. `told(done, total)` is given the bytes of its weights. */
export async function adapter(from, { told, ...options } = {}) {
  const isAddress = typeof from === "string";
  const files = from instanceof Blob ? [{ path: from.name ?? GGUF, file: from }] : from;
  const name = isAddress ? new URL(from).pathname : files.length === 1 ? files[0].path : "";
  if (/\.gguf$/i.test(name)) {
    const bytes = await whole(isAddress ? from : files[0].file, { told, ...options });
    return { files: [[GGUF, bytes]], path: GGUF };
  }
  const file = reader(files, CONFIG, options);
  const config = await file(CONFIG);
  const weights = await file(WEIGHTS, told);
  return { files: [[`adapter/${CONFIG}`, config], [`adapter/${WEIGHTS}`, weights]], path: "adapter" };
}

/** Reads files by their path in a folder, which is the one that `known` is in. */
function reader(from, known, options) {
  if (typeof from === "string") {
    const base = new URL(from.replace(/\/?$/, "/"));
    return (path, told) => whole(new URL(path, base), { told, ...options });
  }
  const root = from.map(({ path }) => path).find((path) => path === known || path.endsWith(`/${known}`));
  if (root === undefined) throw new RuminateError("file", `there is no ${known} among the files. Choose the whole folder`);
  return (path, told) => {
    const found = from.find((file) => file.path === root.slice(0, -known.length) + path);
    if (!found) throw new RuminateError("file", `there is no ${path} beside ${known}. Choose the whole folder`);
    return whole(found.file, { told });
  };
}
