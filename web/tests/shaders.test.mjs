// A browser's compiler is stricter than naga: it proves that barriers are reached by all.

import assert from "node:assert/strict";
import { test } from "node:test";
import { start } from "./browser.mjs";

test("the browser takes every kernel", async () => {
  const chromium = await start();
  const page = await chromium.page();
  const [count, problems] = await page.evaluate(async () => {
    const shaders = await (await fetch("/fixture/shaders.json")).json();
    const device = await (await navigator.gpu.requestAdapter()).requestDevice({ requiredFeatures: ["subgroups"] });
    device.onuncapturederror = (event) => event.preventDefault();
    const problems = [];
    for (const [wgsl, name] of shaders) {
      // As the engine gives them: see gpu/pipeline.rs.
      const code = `enable subgroups;\ndiagnostic(off, subgroup_uniformity);\n${wgsl}`;
      const { messages } = await device.createShaderModule({ code }).getCompilationInfo();
      const error = messages.find((message) => message.type === "error");
      if (error) problems.push(`${name}:${error.lineNum}: ${error.message}`);
    }
    return [shaders.length, problems];
  });
  await chromium.stop();
  assert.ok(count > 100, `${count}`);
  assert.deepEqual(problems, []);
});
