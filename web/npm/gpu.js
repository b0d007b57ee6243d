// The browser's GPU, for the engine's workers.

import { RuminateError } from "./failure.js";

/** How often an adapter is asked for, and the milliseconds between: a browser whose GPU process is only starting has none yet. */
const TRIES = 4, PAUSE = 150;

/** The GPU's adapter; null where the browser has none. */
export async function adapter() {
  for (let attempt = 1; ; attempt++) {
    const found = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" }).catch(() => null);
    if (found || attempt === TRIES) return found;
    await new Promise((then) => setTimeout(then, PAUSE));
  }
}

/**
 * What the adapter is called and has. wgpu asks for no subgroups in browsers: from here on every device of this thread
 * comes with them.
 */
export async function withSubgroups() {
  if (!navigator.gpu) {
    const where = globalThis.isSecureContext ? "this browser has no WebGPU" : "WebGPU needs https or localhost";
    throw new RuminateError("adapter", `${where}. Use a current Chrome, Edge, Firefox or Safari`);
  }
  const found = await adapter();
  const { vendor, architecture, device, description } = found?.info ?? {};
  const request = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = function (wanted = {}) {
    const features = new Set(wanted.requiredFeatures ?? []);
    if (this.features.has("subgroups")) features.add("subgroups");
    return request.call(this, { ...wanted, requiredFeatures: [...features] });
  };
  const name = [vendor, architecture, device, description].filter(Boolean).join(" ");
  const features = [...(found?.features ?? [])].sort();
  const limits = {};
  for (const limit in found?.limits) limits[limit] = found.limits[limit];
  return { name, features, limits, subgroups: features.includes("subgroups") };
}
