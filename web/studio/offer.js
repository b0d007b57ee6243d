// What the studio takes: its program, the model, the reasoner; what of it is here already, and what is to be downloaded.

/** Reads the catalogue beside the page. `kept` is what the cache has. */
export async function offer(program, kept) {
  const { models, bundles } = await read("./models.json");
  const size = await sized(program);
  const catalogue = { models: [], bundles: [] };
  const parts = [{ name: "The studio", about: "the program", bytes: size ?? 0, isHere: false, isProgram: true }];
  for (const { file, ...model } of models) {
    const url = new URL(file, location.href).href;
    const isHere = kept.some((entry) => entry.url === url && entry.isWhole);
    // A copy of the page may have no model beside it.
    if (!isHere && (await sized(url)) === undefined) continue;
    catalogue.models.push({ ...model, url });
    parts.push({ ...model, isHere });
  }
  for (const { folder, ...bundle } of bundles) {
    if (!catalogue.models.some(({ url }) => url.endsWith(`/${bundle.base}`))) continue;
    const url = new URL(folder, location.href).href;
    const bytes = kept.filter((entry) => entry.url.startsWith(url) && entry.isWhole).reduce((sum, entry) => sum + entry.size, 0);
    catalogue.bundles.push({ ...bundle, url });
    parts.push({ ...bundle, isHere: bytes >= bundle.bytes });
  }
  const all = kept.reduce((sum, entry) => sum + entry.kept, 0);
  return { catalogue, show: (document) => show(document, parts, all) };
}

async function read(file) {
  const answer = await fetch(new URL(file, location.href));
  if (!answer.ok) throw new Error(`${file}: the server answered ${answer.status}. Build the page again with cargo xtask web`);
  return answer.json();
}

/** How large a file is; nothing where there is none. */
async function sized(url) {
  const answer = await fetch(url, { method: "HEAD" }).catch(() => undefined);
  return answer?.ok ? Number(answer.headers.get("content-length")) : undefined;
}

function show(document, parts, kept) {
  const get = (id) => document.getElementById(id);
  get("parts").replaceChildren(
    ...parts.map(({ name, about, bytes, isHere }) => {
      const row = document.createElement("tr");
      const [what, size] = [row.insertCell(), row.insertCell()];
      const small = Object.assign(document.createElement("small"), { textContent: about });
      what.append(name, small);
      size.textContent = megabytes(bytes);
      if (isHere) size.append(Object.assign(document.createElement("small"), { textContent: "is here", className: "here" }));
      return row;
    }),
  );
  const missing = parts.filter(({ isHere, isProgram }) => !isHere && !isProgram).reduce((sum, { bytes }) => sum + bytes, 0);
  const program = parts[0].bytes;
  const hasModel = parts.length > 1;
  get("where").textContent = hasModel
    ? `All of it comes from ${location.host}, once. Model and reasoner are then kept in this browser's storage for this site, and can be removed here.`
    : `There is no model beside this page (${location.host}): the studio opens without one, and takes a GGUF file from your disk.`;
  get("start").textContent = missing > 0 ? `Download ${megabytes(missing + program)} and start` : "Start";
  get("clear").hidden = kept === 0;
  get("clear").textContent = `Remove what is kept (${megabytes(kept)})`;
  get("offer").hidden = false;
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(bytes < 9.95e6 ? 1 : 0)} MB`;
}
