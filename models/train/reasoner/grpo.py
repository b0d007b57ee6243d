"""Makes the reasoning adapter brief: GRPO with the paper's reward on a response's whole length.

R = R_accuracy x R_budget, budgets mixed and stated in the prompt. What the paper's first try got wrong, a reward on the
think block alone, is watched: the log has the share of tokens outside it.
"""

import math
import random
import time

import torch

from . import answers, batches, peft_files, setup
from .evaluate import grpo_name, thought_tokens
from .gradients import Gradients
from .settings import read_rows, stage, write_json
from .wording import think


def budget_factor(length, budget, margin):
    """1 to (1 - m) B tokens, then linear to 0 at (1 + m) B."""
    return min(1.0, max(0.0, ((1 + margin) * budget - length) / (2 * margin * budget)))


def advantages(rewards, epsilon):
    """rewards [problems, group] less each group's mean; the epsilon keeps nearly equal rewards from weighing much."""
    return (rewards - rewards.mean(1, keepdim=True)) / (rewards.std(1, keepdim=True, correction=0) + epsilon)


def sample(run, parts, decoder, rows, seed):
    """A group of responses to each problem under a drawn budget: (prompts, responses, rewards [problems, group], figures)."""
    table, wording = run["grpo"], parts.wording
    random_ = random.Random(seed)
    budgets = [random_.choice(table["budgets"]) for _ in rows]
    prompts = wording.prompts([row["question"] for row in rows], budgets)
    prompts = [p for p in prompts for _ in range(table["group"])]
    # Behind (1 + m) B every reward is 0.
    limits = [math.ceil((1 + table["margin"]) * p.budget) for p in prompts]
    responses = think(decoder, wording, prompts, None, temperature=table["temperature"], seed=seed, limits=limits)
    rewards, right = [], []
    for i, (prompt, response) in enumerate(zip(prompts, responses)):
        row = rows[i // table["group"]]
        ok = response.ended and answers.in_response(parts.text.said(response.ids)) == answers.key(row["answer"])
        right.append(ok)
        rewards.append(ok * budget_factor(len(response.ids), prompt.budget, table["margin"]))
    lengths = [len(r.ids) for r in responses]
    outside = sum(len(r.ids) - thought_tokens(parts.text, wording, r.ids) for r in responses if r.ended)
    figures = {"reward": sum(rewards) / len(rewards), "accuracy": sum(right) / len(right), "ended": sum(r.ended for r in responses) / len(responses),
               "tokens": sum(lengths) / len(lengths), "of_budget": sum(n / p.budget for n, p in zip(lengths, prompts)) / len(lengths),
               "outside_think": outside / max(1, sum(len(r.ids) for r in responses if r.ended))}  # fmt: skip
    return prompts, responses, torch.tensor(rewards).view(len(rows), table["group"]), figures


class Policy:
    """The gradients of GRPO: the advantage on every token's log-probability, and the KL to the reference."""

    def __init__(self, parts, flat, reference, temperature, kl, compiled):
        self.parts, self.temperature, self.kl = parts, temperature, kl
        self.reference = parts.lora.views(reference.to(parts.base.dtype))
        self.share = torch.zeros((), device=parts.base.device)  # what a token is of all tokens of the step
        self.divergence = torch.zeros((), device=parts.base.device)
        self.gradients = Gradients(parts.base, parts.lora, flat, self.loss, compiled, self.read_reference)

    def read_reference(self):
        with torch.no_grad():
            self.before = self.parts.base.hidden_states(self.gradients.batch, self.reference, self.gradients.layer)

    def loss(self, logits, part):
        batch = self.gradients.batch
        counts, wanted = batch.targets[part] >= 0, batch.targets[part].clamp(min=0)[:, None]
        log_prob = torch.log_softmax(logits / self.temperature, -1).gather(1, wanted)[:, 0]
        with torch.no_grad():
            old = torch.log_softmax(self.parts.base.logits(self.before[part]).float() / self.temperature, -1).gather(1, wanted)[:, 0]
        ratio = old - log_prob
        k3 = torch.where(counts, torch.exp(ratio) - ratio - 1, 0.0) * self.share
        self.divergence += k3.detach().sum()
        # On the policy that sampled: the ratio's value is 1, its gradient that of the log-probability.
        gain = batch.weights[part] * torch.exp(log_prob - log_prob.detach())
        return self.kl * k3.sum() - gain.sum()

    def learn(self, prompts, responses, advantage, positions):
        """Sums the gradients of one step in `flat.grad`; every token weighs the same. Returns the mean KL of a token."""
        begin = len(self.parts.wording.begin)
        sequences = [p.ids + r.ids for p, r in zip(prompts, responses)]
        total = sum(len(r.ids) - begin for r in responses)
        weights = (advantage / total).tolist()
        self.share.fill_(1 / total)
        self.gradients.clear()
        self.divergence.zero_()
        for chosen in batches.fill([len(s) for s in sequences], range(len(sequences)), positions):
            on = [len(prompts[i].ids) for i in chosen]
            packed = batches.pack([sequences[i] for i in chosen], positions, self.parts.lora.scale, on, None, [n + begin for n in on], [weights[i] for i in chosen])
            self.gradients.add(packed)
        return float(self.divergence)


def main():
    run = stage("grpo", __doc__.split("\n")[0], ("--kl", {"type": float, "required": True, "help": "weight of the KL term"}))
    name = run.name = grpo_name(run.options.kl)
    run.refuse_if_done(f"{name}.json")
    parts = setup.load(run)
    table = run["grpo"]
    rows = read_rows(run.options.data / "rl.jsonl")
    reference = parts.adapter(run, "sft")
    flat = reference.clone().requires_grad_()
    optimizer = torch.optim.AdamW([flat], lr=table["rate"], betas=(0.9, 0.95), weight_decay=0.0)
    saved, step, spent, log = run.path(f"{name}.state.pt"), 0, 0.0, []
    if saved.exists():
        state = torch.load(saved, map_location=run.device)
        with torch.no_grad():
            flat.copy_(state["flat"])
        optimizer.load_state_dict(state["optimizer"])
        step, spent, log = state["step"], state["spent"], state["log"]
        run.log(f"goes on at step {step}")
    decoder = parts.decoder(run)
    policy = Policy(parts, flat, reference, table["temperature"], run.options.kl, table["compile"])
    began = last_save = time.monotonic()
    total = lambda: spent + time.monotonic() - began
    while step < table["steps"] and total() < table["seconds"]:
        for group in optimizer.param_groups:
            group["lr"] = table["rate"] * min(1.0, (step + 1) / table["warmup"])
        start = step * table["problems"]
        problems = [rows[(start + i) % len(rows)] for i in range(table["problems"])]
        decoder.adapter(flat.detach())
        prompts, responses, rewards, figures = sample(run, parts, decoder, problems, run["seed"] * 1_000_000 + step)
        advantage = advantages(rewards, table["advantage_epsilon"]).reshape(-1)
        divergence = policy.learn(prompts, responses, advantage, table["batch_tokens"])
        norm = float(torch.nn.utils.clip_grad_norm_([flat], table["clip"]))
        torch.nan_to_num_(flat.grad, 0.0, 0.0, 0.0)
        optimizer.step()
        step += 1
        log.append({"step": step, "kl": round(divergence, 5), "norm": round(norm, 4), "seconds": round(total(), 1)} | {k: round(v, 4) for k, v in figures.items()})
        if step % table["log_every"] == 0 or step == 1:
            run.log(" ".join(f"{k} {v}" for k, v in log[-1].items()))
        if time.monotonic() - last_save > table["save_every"]:
            torch.save({"flat": flat.detach(), "optimizer": optimizer.state_dict(), "step": step, "spent": total(), "log": log}, saved)
            last_save = time.monotonic()
    peft_files.write(run.path(name), parts.lora, flat, run["base"]["name"], kv_shareable=True)
    settings = {key: table[key] for key in ("budgets", "margin", "group", "problems", "temperature", "rate", "advantage_epsilon")}
    write_json(run.path(f"{name}.json"), {"weight": run.options.kl, "steps": step, "seconds": round(total(), 1), **settings, "log": log, "device": run.device_name()})
    saved.unlink(missing_ok=True)
    run.log(f"done: {step} steps, {total():.0f} s")


if __name__ == "__main__":
    main()
