// Bundles and adapters as lists of [path, bytes], from a folder's address or from files that the person chose.

import { RuminateError } from "./failure.js";
import { whole } from "./source.js";

const CONFIG = "adapter_config.json", WEIGHTS = "adapter_model.safetensors";
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

/** An adapter's files, and the path to open. */
export async function adapter(from, options) {
  const one = Array.isArray(from) && from.length === 1 ? from[0].file : from;
  if (/\.gguf$/i.test(one.name ?? one)) return { files: [["adapter.gguf", await whole(one, options)]], path: "adapter.gguf" };
  const file = reader(from, CONFIG, options);
  const files = [];
  for (const name of [CONFIG, WEIGHTS]) files.push([`adapter/${name}`, await file(name)]);
  return { files, path: "adapter" };
}

/** Reads files by their path in a folder, which is the one that `known` is in. */
function reader(from, known, options) {
  if (typeof from === "string") {
    const base = new URL(from.replace(/\/?$/, "/"));
    return (path) => whole(new URL(path, base), options);
  }
  const root = from.map(({ path }) => path).find((path) => path === known || path.endsWith(`/${known}`));
  if (root === undefined) throw new RuminateError("file", `there is no ${known} among the files. Choose the whole folder`);
  return (path) => {
    const found = from.find((file) => file.path === root.slice(0, -known.length) + path);
    if (!found) throw new RuminateError("file", `there is no ${path} beside ${known}. Choose the whole folder`);
    return whole(found.file);
  };
}
