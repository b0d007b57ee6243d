// Files of the person's own: `{path, name, files: [{path, file}], base}` each, or `{problem}`. Folders are a bundle
// (with `base`, the file of its model) or a PEFT adapter; files are GGUF.

/** What was dropped on the page. */
export async function dropped(transfer) {
  // All at once: what was dropped is gone after the event. What has no entry is a file.
  const items = Array.from(transfer.items).filter(({ kind }) => kind === "file");
  const found = items.map((item) => [item.webkitGetAsEntry?.(), item.getAsFile()]);
  const groups = [];
  for (const [entry, file] of found) {
    const { name } = entry ?? file;
    groups.push(await grouped(name, entry ? await walk(entry, name) : [{ path: name, file }]));
  }
  return groups;
}

/** What the person chooses: GGUF files, or the files of one adapter. */
export async function chosen() {
  const input = Object.assign(document.createElement("input"), { type: "file", multiple: true });
  const files = await new Promise((resolve) => {
    input.onchange = () => resolve([...input.files]);
    input.oncancel = () => resolve([]);
    input.click();
  });
  const isGguf = ({ name }) => /\.gguf$/i.test(name);
  const groups = files.filter(isGguf).map((file) => [file.name, [{ path: file.name, file }]]);
  const others = files.filter((file) => !isGguf(file)).map((file) => ({ path: `chosen/${file.name}`, file }));
  if (others.length > 0) groups.push(["chosen", others]);
  return Promise.all(groups.map(([name, files]) => grouped(name, files)));
}

async function grouped(name, files) {
  const find = (file) => files.find(({ path }) => path === file || path.endsWith(`/${file}`))?.file;
  const group = { path: name, name, files };
  if (files.length === 1 && /\.gguf$/i.test(name)) return group;
  const manifest = find("bundle.json");
  if (manifest) {
    try {
      const { name, base } = JSON.parse(await manifest.text());
      return { ...group, name, base: base.file };
    } catch (error) {
      return { problem: `${name}/bundle.json: ${error.message}. Copy the whole bundle again` };
    }
  }
  if (find("adapter_config.json")) return group;
  return { problem: `${name} is neither a model (.gguf) nor a bundle or an adapter. Drop a GGUF file, or the folder of a bundle or of a PEFT adapter` };
}

async function walk(entry, path) {
  if (entry.isFile) return [{ path, file: await new Promise((resolve, reject) => entry.file(resolve, reject)) }];
  const reader = entry.createReader();
  const found = [];
  // A folder is told in parts, the last of which is empty.
  for (let part; (part = await new Promise((resolve, reject) => reader.readEntries(resolve, reject))).length > 0; ) {
    for (const inner of part) found.push(...(await walk(inner, `${path}/${inner.name}`)));
  }
  return found;
}
