// A browser's compiler is stricter than naga: it proves that barriers are reached by all.

import assert from "node:assert/strict";
import { test } from "node:test";
import { start, withoutLavapipe } from "./browser.mjs";

test("the browser takes every kernel", async () => {
  const chromium = await start({ lavapipe: !withoutLavapipe });
  const page = await chromium.page();
  const [count, left, problems] = await page.evaluate(async () => {
    const all = await (await fetch("/fixture/shaders.json")).json();
    const adapter = await navigator.gpu.requestAdapter();
    const device = await adapter.requestDevice({ requiredFeatures: ["subgroups", "shader-f16"].filter((name) => adapter.features.has(name)) });
    device.onuncapturederror = (event) => event.preventDefault();
    const shaders = all.filter(([wgsl]) => device.features.has("shader-f16") || !wgsl.includes("enable f16;"));
    const problems = [];
    for (const [wgsl, name] of shaders) {
      // As the engine gives them: see gpu/pipeline.rs.
      const code = `enable subgroups;\ndiagnostic(off, subgroup_uniformity);\n${wgsl}`;
      const { messages } = await device.createShaderModule({ code }).getCompilationInfo();
      const error = messages.find((message) => message.type === "error");
      if (error) problems.push(`${name}:${error.lineNum}: ${error.message}`);
    }
    return [shaders.length, all.length - shaders.length, problems];
  });
  await chromium.stop();
  assert.ok(count > 100, `${count}`);
  assert.deepEqual(problems, []);
  if (!withoutLavapipe) assert.equal(left, 0, "every one was given to it");
  if (left) console.log(`# ${left} that compute with halves are left out: ${withoutLavapipe}`);
});
