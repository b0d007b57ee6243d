// `node measure.mjs MODEL.gguf [TIER...]`: load time, memory and tokens/s in the browser. CHROMIUM names it.

import { basename, dirname, resolve } from "node:path";
import { open, start } from "./browser.mjs";

const [model, ...tiers] = process.argv.slice(2);
const chromium = await start({ fixture: dirname(resolve(model)) });
for (const tier of tiers.length > 0 ? tiers : ["portable", "software"]) {
  const page = await chromium.page();
  for (const from of ["network", "cache"]) {
    const told = await page.evaluate(
      async ([model, tier]) => {
        const begin = performance.now();
        const ruminate = await Ruminate.load({ model, tier, context: 1024 });
        const load = (performance.now() - begin) / 1000;
        const answers = [];
        for (const text of ["What is a volcano?", "And a river?"]) {
          let end;
          for await (const event of ruminate.chat(text, { temperature: 0, maxTokens: 32 })) end = event;
          answers.push(end);
        }
        const info = await ruminate.memory();
        ruminate.close();
        return { load, answers, info };
      },
      [`/fixture/${basename(model)}`, tier],
    );
    const { load, answers, info } = told;
    console.log(`${tier}, from ${from}: load ${load.toFixed(1)} s, wasm memory ${(info.wasmBytes / 1e6).toFixed(1)} MB`);
    for (const end of answers) {
      const rate = (end.tokens - 1) / end.decode_seconds;
      const first = end.first_token_seconds;
      console.log(`  ${end.prompt_tokens} tokens of prompt: first token ${first.toFixed(1)} s, then ${rate.toFixed(2)} tokens/s`);
    }
    await open(page, chromium.server);
  }
  await page.context().close();
}
await chromium.stop();
