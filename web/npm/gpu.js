// The browser's GPU, for the engine's workers.

import { RuminateError } from "./failure.js";

/**
 * What the adapter is called and has. wgpu asks for no subgroups in browsers: from here on every device of this thread
 * comes with them.
 */
export async function withSubgroups() {
  if (!navigator.gpu) {
    const where = globalThis.isSecureContext ? "this browser has no WebGPU" : "WebGPU needs https or localhost";
    throw new RuminateError("adapter", `${where}. Use a current Chrome, Edge, Firefox or Safari`);
  }
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  const { vendor, architecture, device, description } = adapter?.info ?? {};
  const request = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = function (wanted = {}) {
    const features = new Set(wanted.requiredFeatures ?? []);
    if (this.features.has("subgroups")) features.add("subgroups");
    return request.call(this, { ...wanted, requiredFeatures: [...features] });
  };
  const name = [vendor, architecture, device, description].filter(Boolean).join(" ");
  const features = [...(adapter?.features ?? [])].sort();
  const limits = {};
  for (const limit in adapter?.limits) limits[limit] = adapter.limits[limit];
  return { name, features, limits, subgroups: features.includes("subgroups") };
}
