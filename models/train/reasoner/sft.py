"""Trains the reasoning adapter on written solutions.

Masked, the adapter's term is off on the prompt and on from the response's first token, so the response is learned on the
base's own KV. `--unmasked` trains the control, an ordinary LoRA.
"""

import math
import time

import numpy as np
import torch
import torch.nn.functional as F

from . import batches, peft_files, setup
from .gradients import Gradients
from .settings import read_rows, stage, write_json
from .wording import user


def encode(stage, parts):
    """All training sequences in one array, kept in the run's folder.

    Returns (ids, offsets [N + 1], prompt lengths [N])."""
    path = stage.path("tokens.npz")
    if path.exists():
        loaded = np.load(path)
        return loaded["ids"], loaded["offsets"], loaded["prompts"]
    table, wording, text = stage["sft"], parts.wording, parts.text
    rows = read_rows(stage.options.data / "train.jsonl", table.get("rows"))
    random = np.random.default_rng(stage["seed"])
    thoughts = text.encode_all(row["thoughts"] for row in rows)
    answers = text.encode_all(" " + row["answer"] for row in rows)
    responses = [wording.response(t, a) for t, a in zip(thoughts, answers)]
    # A stated budget is one that the response keeps: its length rounded up, or a step more. It is what asks for concise thoughts.
    step = table["budget_step"]
    fits = lambda length: (-(-length // step) + int(random.integers(0, 2))) * step
    budgets = [fits(len(r)) if row["concise"] or random.random() < table["budget_share"] else None for row, r in zip(rows, responses)]
    prompts = wording.prompts([row["question"] for row in rows], budgets)
    keep = [i for i, r in enumerate(responses) if len(prompts[i].ids) + len(r) <= table["longest"]]
    lengths = np.array([len(prompts[i].ids) + len(responses[i]) for i in keep])
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    ids = np.zeros(offsets[-1], np.uint16)
    for place, i in zip(offsets, keep):
        ids[place : place + len(prompts[i].ids) + len(responses[i])] = prompts[i].ids + responses[i]
    lengths_of_prompts = np.array([len(prompts[i].ids) for i in keep])
    np.savez(path.with_name(f"tokens.{stage.options.name}.npz"), ids=ids, offsets=offsets, prompts=lengths_of_prompts)
    path.with_name(f"tokens.{stage.options.name}.npz").replace(path)
    stage.log(f"{len(keep)} of {len(rows)} sequences, {len(ids) / 1e6:.1f} M tokens, prompt {lengths_of_prompts.mean():.0f}, response {(lengths - lengths_of_prompts).mean():.0f}")
    return ids, offsets, lengths_of_prompts


def check_prompt_kv(parts, flat):
    """Whether hidden states at prompt positions are the base's bit for bit with the adapter loaded; those of the response must differ."""
    base, wording = parts.base, parts.wording
    prompt = wording.prompt(user("Ben has 12 apples and buys 7 more. How many apples does Ben have?")).ids
    batch = batches.pack([prompt + wording.begin], batches.LONGEST, parts.lora.scale, [len(prompt)]).to(base)
    with torch.no_grad():
        runs = [base.hidden_states(batch, views) for views in (None, parts.lora.views(flat.to(base.dtype)))]
    response = slice(len(prompt), len(prompt) + len(wording.begin))
    same = torch.equal(runs[0][: len(prompt)], runs[1][: len(prompt)])
    differs = not torch.equal(runs[0][response], runs[1][response])
    return same and differs


def rate(progress, step, table):
    """The learning rate: a short rise, then half a cosine down to 3 %."""
    rise = min(1.0, (step + 1) / table["warmup"])
    return table["rate"] * rise * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


def main():
    run = stage("sft", __doc__.split("\n")[0], ("--unmasked", {"action": "store_true", "help": "train the control"}))
    name = run.options.name = "sft-unmasked" if run.options.unmasked else "sft"
    run.name = name
    run.refuse_if_done(f"{name}.json")
    parts = setup.load(run)
    base, lora, table = parts.base, parts.lora, run["sft"]
    ids, offsets, prompts = encode(run, parts)
    begin = len(parts.wording.begin)
    flat = lora.fresh(run["seed"]).to(run.device).requires_grad_()
    optimizer = torch.optim.AdamW([flat], lr=table["rate"], betas=(0.9, 0.99), weight_decay=0.0, fused=run.device.type == "cuda")
    saved, step, spent, tokens = run.path(f"{name}.state.pt"), 0, 0.0, 0
    if saved.exists():
        state = torch.load(saved, map_location=run.device)
        with torch.no_grad():
            flat.copy_(state["flat"])
        optimizer.load_state_dict(state["optimizer"])
        step, spent, tokens = state["step"], state["spent"], state["tokens"]
        run.log(f"goes on at step {step}")

    lengths = np.diff(offsets)
    order = batches.order(lengths, table["batch_tokens"], run["seed"] + step)
    cross_entropy = lambda logits, part: (F.cross_entropy(logits, gradients.batch.targets[part], ignore_index=-1, reduction="none") * gradients.batch.weights[part]).sum()
    gradients = Gradients(base, lora, flat, cross_entropy, table["compile"])
    log, began, last_save = [], time.monotonic(), time.monotonic()
    total = lambda: spent + time.monotonic() - began
    while step < table["steps"] and total() < table["seconds"]:
        progress = max(step / table["steps"], total() / table["seconds"])
        for group in optimizer.param_groups:
            group["lr"] = rate(progress, step, table)
        chosen = next(order)
        on = [0] * len(chosen) if run.options.unmasked else prompts[chosen]
        from_ = prompts[chosen] + begin
        counted = int((lengths[chosen] - from_).sum())
        gradients.clear()
        sequences = [ids[offsets[i] : offsets[i + 1]] for i in chosen]
        gradients.add(batches.pack(sequences, table["batch_tokens"], lora.scale, on, None, from_, [1 / counted] * len(chosen)))
        norm = torch.nn.utils.clip_grad_norm_([flat], 1.0)
        torch.nan_to_num_(flat.grad, 0.0, 0.0, 0.0)
        optimizer.step()
        step += 1
        tokens += int(lengths[chosen].sum())
        if step % table["log_every"] == 0 or step == 1:
            loss = float(gradients.total)
            log.append([step, round(loss, 4)])
            run.log(f"step {step} loss {loss:.4f} norm {float(norm):.2f} rate {optimizer.param_groups[0]['lr']:.1e} {tokens / total():.0f} tokens/s {total():.0f} s")
        if time.monotonic() - last_save > table["save_every"]:
            torch.save({"flat": flat.detach(), "optimizer": optimizer.state_dict(), "step": step, "spent": total(), "tokens": tokens}, saved)
            last_save = time.monotonic()

    if run.device.type == "cuda":
        torch.cuda.synchronize()
    result = {"steps": step, "tokens": tokens, "seconds": round(total(), 1), "tokens_per_second": round(tokens / max(total(), 1e-9)), "losses": log,
              "rank": lora.rank, "alpha": lora.alpha, "rate": table["rate"], "batch_tokens": table["batch_tokens"], "sequences": len(prompts),
              "device": run.device_name()}  # fmt: skip
    if not run.options.unmasked:
        result["prompt_kv_equal"] = check_prompt_kv(parts, flat.detach())
    peft_files.write(run.path(name), lora, flat, run["base"]["name"], kv_shareable=not run.options.unmasked)
    write_json(run.path(f"{name}.json"), result)
    saved.unlink(missing_ok=True)
    run.log(f"done: {step} steps, {tokens / 1e6:.1f} M tokens, {result['seconds']} s; prompt KV equal: {result.get('prompt_kv_equal')}")


if __name__ == "__main__":
    main()
