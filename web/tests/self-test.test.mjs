// The self-test: as a call, as a page, and with a GPU that computes wrongly.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { changeWorker, failing, start } from "./browser.mjs";

/** All takes minutes on a software driver: `RUMINATE_TIERS=portable,software,subgroup,matrix`. */
const TIERS = (process.env.RUMINATE_TIERS ?? "software,matrix").split(",");
let chromium, page;

before(async () => (chromium = await start()));
after(() => chromium?.stop());
beforeEach(async () => {
  await page?.context().close();
  chromium.server.faults["/worker.js"] = {};
  page = await chromium.page();
});

/** Has a kernel's WGSL changed on its way to the GPU, as a driver's bug would change what it computes. */
const breakKernel = (from, to) =>
  changeWorker(chromium.server, `
    const create = GPUDevice.prototype.createShaderModule;
    GPUDevice.prototype.createShaderModule = function (wanted) {
      return create.call(this, { ...wanted, code: wanted.code.replace(${JSON.stringify(from)}, ${JSON.stringify(to)}) });
    };`);

/** Runs the page to its verdict. */
async function run(address, timeout = 120_000) {
  await page.goto(`${chromium.server.url}/self-test.html${address}`);
  await page.getByRole("button", { name: "Run the test" }).click();
  await page.getByRole("button", { name: "Run it again" }).waitFor({ timeout });
  return page.getByRole("status").textContent();
}

test("every kernel agrees with its twin", async () => {
  const [report, seen] = await page.evaluate(async (tiers) => {
    const seen = [];
    return [await Ruminate.selfTest({ tiers, onProgress: (event) => seen.push(event) }), seen];
  }, TIERS);
  assert.deepEqual(report.tiers.flatMap((tier) => tier.kernels.flatMap((kernel) => kernel.failures)), []);
  assert.equal(report.passed, true);
  assert.deepEqual(report.tiers.map(({ tier, skipped }) => [tier, skipped]), TIERS.map((tier) => [
    tier, tier === "matrix" ? "this device cannot run the matrix tier" : undefined,
  ]));
  for (const tier of report.tiers.filter((tier) => !tier.skipped)) {
    const names = tier.kernels.map((kernel) => kernel.kernel);
    for (const name of ["matvec", "matmul", "attention_decode", "attention_prefix", "rmsnorm", "rope_kv", "lora_expand"]) {
      assert.ok(names.includes(name), `${tier.tier} has ${names}`);
    }
    assert.ok(tier.kernels.every((kernel) => kernel.cases > 0 && kernel.error <= kernel.tolerance));
  }
  const shares = seen.filter((event) => event.stage === "share").map((event) => event.done);
  assert.ok(shares[0] === 0 && shares.at(-1) === 1 && shares.every((share, i) => i === 0 || share >= shares[i - 1]));
  const cases = report.tiers.flatMap((tier) => tier.kernels).reduce((sum, kernel) => sum + kernel.cases, 0);
  assert.equal(seen.filter((event) => event.stage === "case").length, cases);
  console.log(`# ${cases} cases`);
  assert.ok(report.features.includes("subgroups") && report.limits.maxStorageBuffersPerShaderStage >= 8);
  for (const part of [/Mozilla.*Chrom/, /swiftshader/, /software tier, the default/, /matrix tier: left out/, /Features: .*subgroups/, /maxBufferSize \d+/]) {
    assert.match(report.text, part);
  }
});

test("the page shows each kernel, and gives the report to copy", async () => {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  assert.match(await run("?filter=norm&tiers=portable,matrix"), /^All \d+ cases agree/);
  const rows = await page.locator("tbody tr").allTextContents();
  assert.ok(rows.length > 0 && rows.every((row) => /norm.*pass$/.test(row)), rows.join());
  assert.match(await page.locator(".tier.skipped").textContent(), /matrix tier.*Left out/);
  await page.getByRole("button", { name: "Copy the report" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /^ruminate \d.*portable tier.*cases agree.*Features.*Limits/s);
});

test("a kernel that computes wrongly is found and named", async () => {
  await breakKernel("exp(-v)", "exp(v)");
  assert.match(await run("?filter=silu_mul&tiers=portable"), /^\d+ of \d+ cases differ.*report/);
  const row = await page.locator("tbody tr").first().textContent();
  assert.match(row, /silu_mul.*FAILED/);
  assert.match(await page.locator("td.why").first().textContent(), /silu_mul.*is off by/);
  assert.match(await page.locator("#report").textContent(), /silu_mul.*FAIL.*cases FAILED/s);
});

test("a kernel that does not compile is found and named", async () => {
  await breakKernel("exp(-v)", "exp(-nonsense)");
  assert.match(await run("?filter=silu_mul&tiers=portable"), /^\d+ of \d+ cases differ/);
  assert.match(await page.locator("td.why").first().textContent(), /silu_mul.*nonsense/s);
});

test("it can be stopped, and refuses what makes no sense", async () => {
  const stopped = await failing(page, async () => {
    const controller = new AbortController();
    const onProgress = (event) => event.stage === "case" && controller.abort();
    await Ruminate.selfTest({ signal: controller.signal, onProgress });
  });
  assert.equal(stopped.code, "cancelled");
  const refused = async (options) => failing(page, (options) => Ruminate.selfTest(options), options);
  assert.match((await refused({ filter: "convolution" })).message, /convolution/);
  assert.match((await refused({ tiers: ["fast"] })).message, /unknown tier "fast"/);
});
