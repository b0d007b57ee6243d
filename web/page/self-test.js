// The page of the self-test: `Ruminate.selfTest()`, told as it goes.

import { Ruminate } from "./ruminate.js";

const at = (id) => document.getElementById(id);
const [run, stop, copy, progress, now, verdict, about, tiers, device, report] = [
  "run", "stop", "copy", "progress", "now", "verdict", "about", "tiers", "device", "report",
].map(at);
let rows, controller;

/** Small ones as 1.2e-7, steps and zero as they are; a case that could not run has none. */
const number = (value) => (value === null ? "—" : value > 0 && value < 0.01 ? value.toExponential(1) : String(+value.toFixed(2)));

/** An element with a class and what is in it. */
function element(tag, className, ...content) {
  const made = Object.assign(document.createElement(tag), { className });
  made.append(...content);
  return made;
}

const told = {
  tier({ tier, limits, skipped, isDefault }) {
    const title = element("h2", "", `${tier} tier`, ...(isDefault ? [element("span", "mark", "used here by default")] : []));
    const card = element("article", skipped ? "tier skipped" : "tier", title, element("p", "limits", skipped ? `Left out: ${skipped}` : limits));
    tiers.append(card);
    if (skipped) return;
    const heads = [["kernel", ""], ["cases", "cases"], ["largest difference", ""], ["allowed", ""], ["result", ""]];
    rows = element("tbody", "");
    card.append(element("table", "", element("thead", "", element("tr", "", ...heads.map(([text, name]) => element("th", name, text)))), rows));
  },
  kernel({ kernel: { kernel, cases, failed, error, tolerance, failures } }) {
    const result = failed ? element("td", "bad", cases === failed ? "FAILED" : `FAILED (${failed})`) : element("td", "good", "pass");
    const cells = [["", kernel], ["cases", cases], ["", number(error)], ["", number(tolerance)]];
    rows.append(element("tr", "", ...cells.map(([name, text]) => element("td", name, text)), result));
    for (const failure of failures) {
      const cell = Object.assign(element("td", "why", failure), { colSpan: 5 });
      rows.append(element("tr", "", cell));
    }
  },
  case({ tier, name, label }) {
    now.textContent = `${tier} tier: ${name}, ${label}`;
  },
  share({ done }) {
    progress.firstElementChild.value = done;
  },
};

function say(text, className) {
  Object.assign(verdict, { textContent: text, className, hidden: false });
}

run.onclick = async () => {
  controller = new AbortController();
  tiers.replaceChildren();
  for (const one of [copy, verdict, about, device]) one.hidden = true;
  for (const one of [stop, progress]) one.hidden = false;
  run.disabled = true;
  try {
    // `?filter=matvec&tiers=portable` in the address asks for less.
    const asked = new URLSearchParams(location.search);
    const found = await Ruminate.selfTest({
      filter: asked.get("filter") ?? "",
      tiers: asked.get("tiers")?.split(","),
      signal: controller.signal,
      onProgress: (event) => told[event.stage](event),
    });
    const kernels = found.tiers.flatMap((tier) => tier.kernels);
    const [cases, failed] = ["cases", "failed"].map((key) => kernels.reduce((sum, kernel) => sum + kernel[key], 0));
    if (found.passed) say(`All ${cases} cases agree with the CPU.`, "good");
    else say(`${failed} of ${cases} cases differ from the CPU. Please report it.`, "bad");
    about.textContent = `${found.adapter} in ${found.system}`;
    report.textContent = found.text;
    for (const one of [copy, about, device]) one.hidden = false;
  } catch (error) {
    say(error.code === "cancelled" ? "Stopped." : error.message, error.code === "cancelled" ? "" : "bad");
  }
  for (const one of [stop, progress]) one.hidden = true;
  run.disabled = false;
  run.textContent = "Run it again";
};
stop.onclick = () => controller.abort();
copy.onclick = async () => {
  try {
    await navigator.clipboard.writeText(report.textContent);
    copy.textContent = "Copied";
    setTimeout(() => (copy.textContent = "Copy the report"), 2000);
  } catch {
    // No permission: it can be copied by hand.
    device.open = true;
    getSelection().selectAllChildren(report);
  }
};
