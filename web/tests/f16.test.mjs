// Arithmetic in halves, in a browser that has it: on Mesa's software driver, since SwiftShader does not.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { difference, expected, start, withoutLavapipe } from "./browser.mjs";

const skip = withoutLavapipe;
let chromium, native, page;

before(async () => {
  if (skip) return;
  chromium = await start({ lavapipe: true });
  native = await expected();
  page = await chromium.page();
});
after(() => chromium?.stop());

test("the browser has it", { skip }, async () => {
  const features = await page.evaluate(async () => [...(await navigator.gpu.requestAdapter()).features]);
  assert.ok(features.includes("shader-f16"), `Mesa's driver has it where the processor converts halves (F16C): ${features}`);
});

test("products in halves agree with their twin, also within WebGPU's default limits", { skip }, async () => {
  const report = await page.evaluate(() => Ruminate.selfTest({ tiers: ["portable", "subgroup"], filter: "matmul" }));
  assert.deepEqual(report.tiers.flatMap((tier) => tier.kernels.flatMap((kernel) => kernel.failures)), []);
  for (const tier of report.tiers) {
    assert.match(tier.limits, /f16 arithmetic/, tier.tier);
    assert.ok(tier.kernels.some(({ kernel, cases }) => kernel === "matmul_f16" && cases > 40), tier.tier);
  }
});

test("prompts are read in halves where the browser has them, unless that is not wanted", { skip }, async () => {
  const of = async (tier, f16, kept) => {
    const error = await difference(page, "tiny-llama", native.ids, { tier, f16 }, kept);
    console.log(`# ${tier}, f16 ${f16 ?? "not said"}: logits differ by ${error.toExponential(1)} of the largest${kept ? " where they were read in halves" : ""}`);
    return error;
  };
  const halves = "tiny-llama-in-halves";
  assert.ok((await of("subgroup")) > 2e-3);
  assert.ok((await of("subgroup", undefined, halves)) < 1e-3);
  assert.ok((await of("subgroup", false)) < 1e-3);
  // The portable tier is what every browser has, unless more is asked for.
  assert.ok((await of("portable")) < 1e-3);
  // Other kernels round the numbers between two products otherwise, and halves enlarge that.
  assert.ok((await of("portable", true)) > 2e-3);
  assert.ok((await of("portable", true, halves)) < 4e-3);
});
