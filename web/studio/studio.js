// The page that the studio is in: says what it takes, then opens the window (in a canvas) and the engine (in a worker),
// and carries messages between them.

import { clear, list } from "../cache.js";
import { adapter } from "../gpu.js";
import { openDisk } from "./disk.js";
import { chosen, dropped } from "./files.js";
import { offer } from "./offer.js";
import { open } from "../source.js";

const PROGRAM = new URL("./ruminate_app_bg.wasm", import.meta.url);
const [intro, trouble, opening, canvas, said] = ["intro", "trouble", "opening", "studio", "said"].map((id) => document.getElementById(id));

const problem = await missing();
if (problem) fail(problem);
else await show();

/** Why there can be no studio here, with what helps; nothing where there can. */
async function missing() {
  if (!isSecureContext) return ["This address is not a secure one", "Browsers give the GPU to pages by https or from localhost only. Open this page by https."];
  const browsers = "A current Chrome, Edge, or Safari has it, and Firefox on Windows and macOS.";
  if (!navigator.gpu) return ["This browser has no WebGPU", `The model runs on your GPU, which pages reach by WebGPU. ${browsers}`];
  if (await adapter()) return undefined;
  return [
    "This browser gives no GPU",
    `It knows WebGPU, and has no adapter for it. See that hardware acceleration is switched on in its settings; on Linux, Chrome may need chrome://flags/#enable-unsafe-webgpu. ${browsers}`,
  ];
}

async function show() {
  try {
    const found = await offer(PROGRAM, await list().catch(() => []));
    found.show(document);
    document.getElementById("start").onclick = () => start(found.catalogue).catch((error) => fail(["The studio could not be opened", error.message]));
    document.getElementById("clear").onclick = () => clear().then(show, (error) => fail(["It cannot be removed", error.message]));
  } catch (error) {
    fail(["This page is not whole", error.message]);
  }
}

function fail([title, text]) {
  intro.hidden = false;
  opening.hidden = canvas.hidden = said.hidden = true;
  for (const id of ["offer", "own"]) document.getElementById(id).hidden = true;
  trouble.replaceChildren(element("strong", title), element("p", text));
  trouble.hidden = false;
}

/** The GPU that draws is gone: the canvas shows nothing more. */
function lost() {
  fail(["The GPU was lost", "Its driver was reset, or took it away. Conversations are kept, with what was answered so far."]);
  const again = element("button", "Load the page again");
  again.onclick = () => location.reload();
  trouble.append(again);
}

/** Repeats what the window says where screen readers find it; what has not changed is not read out again. */
function say(parts) {
  for (const [part, text] of Object.entries(parts)) {
    const place = document.getElementById(part);
    if (place.textContent !== text) place.textContent = text;
  }
}

function element(name, text) {
  return Object.assign(document.createElement(name), { textContent: text });
}

async function start(catalogue) {
  intro.hidden = true;
  opening.hidden = false;
  opening.textContent = "Opening the studio …";
  const fetched = () => fetch(PROGRAM);
  const compiled = WebAssembly.compileStreaming(fetched()).catch(async () => WebAssembly.compile(await (await fetched()).arrayBuffer()));
  const [module, { default: init, Window }, disk] = await Promise.all([compiled, import("./ruminate_app.js"), openDisk()]);
  await init({ module_or_path: module });
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  const tier = new URLSearchParams(location.search).get("tier") ?? undefined;
  const early = [];
  let window;
  const tell = (method, text) => (window ? window[method](text) : early.push([method, text]));
  worker.onmessage = ({ data }) => (data.failed === undefined ? tell("told", data.update) : tell("ended", data.failed));
  worker.onerror = (event) => {
    event.preventDefault();
    tell("ended", `The engine has failed (${event.message ?? "it could not be started"}). Reload the page: conversations are kept`);
  };
  worker.postMessage({ module, tier, sizes: Object.fromEntries(catalogue.bundles.map(({ url, bytes }) => [url, bytes])) });

  /** Takes files of the person's own. */
  const take = async (groups) => {
    for (const { path, name, files, base, problem } of groups) {
      if (problem) {
        tell("problem", problem);
        continue;
      }
      worker.postMessage({ files: { path, files } });
      const gguf = files.length === 1 && base === undefined ? await open(files[0].file) : undefined;
      await window.take(path, name, base, gguf);
    }
  };
  disk.onproblem = (text) => tell("problem", text);
  const page = {
    send: (command) => worker.postMessage({ command }),
    write: (name, bytes) => disk.write(name, bytes.slice()),
    remove: (name) => disk.remove(name),
    save: (name, bytes) => save(name, new Blob([bytes.slice()])),
    choose: async () => take(await chosen()),
    say: (parts) => say(JSON.parse(parts)),
    lost,
  };
  canvas.hidden = said.hidden = false;
  window = await Window.open(canvas, page, disk.files, JSON.stringify(catalogue));
  opening.hidden = true;
  early.forEach(([method, text]) => tell(method, text));
  // What is typed goes through a field of the window's own.
  document.querySelector("#studio + input")?.setAttribute("aria-label", "What is typed into the studio");
  document.addEventListener("keydown", ownKeys, true);
  // A hidden page may be closed without another word.
  document.addEventListener("visibilitychange", () => document.hidden && window.keep());
  document.addEventListener("drop", async (event) => take(await dropped(event.dataTransfer)), true);
}

/** Keys of the studio's that browsers would do something else with as well. */
function ownKeys(event) {
  const isOwn = event.ctrlKey || event.metaKey ? "1234bel.".includes(event.key.toLowerCase()) : event.key === "F1";
  if (isOwn && !event.altKey && !event.shiftKey) event.preventDefault();
}

function save(name, blob) {
  const url = URL.createObjectURL(blob);
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
