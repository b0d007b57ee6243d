// The page of the self-test: `Ruminate.selfTest()`, told as it goes.

import { Ruminate } from "./ruminate.js";

const at = (id) => document.getElementById(id);
const [run, stop, copy, progress, now, verdict, tiers, device, report] = [
  "run", "stop", "copy", "progress", "now", "verdict", "tiers", "device", "report",
].map(at);
const number = new Intl.NumberFormat("en", { notation: "scientific", maximumFractionDigits: 1 });
let rows, controller;

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
    const difference = error === null ? "—" : error === 0 ? "0" : number.format(error);
    const cells = [["", kernel], ["cases", cases], ["", difference], ["", tolerance === 0 ? "0" : number.format(tolerance)]];
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
  for (const one of [copy, verdict, device]) one.hidden = true;
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
    report.textContent = found.text;
    for (const one of [copy, device]) one.hidden = false;
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
