"""`bundle.json`: what the engine reads, by ../bundle.schema.json, and how the bundle was made and how good it is."""

import torch

from .evaluate import grpo_name

VERBOSE, BRIEF = "verbose", "brief"

DATA = [
    {"name": "generated problems, thoughts and prompts", "by": "models/train/reasoner/data", "license": "MIT OR Apache-2.0"},
    {"name": "GSM8K's training problems, without the 200 kept for development and those that show a held-out name", "by": "Karl Cobbe and others, 2021, https://github.com/openai/grade-school-math", "license": "MIT, Copyright (c) 2021 OpenAI"},
    {"name": "SVAMP, the first 500 of its 1,000 problems", "by": "Arkil Patel, Satwik Bhattamishra, Navin Goyal, 2021, https://github.com/arkilpatel/SVAMP", "license": "MIT, Copyright (c) 2021 Arkil Patel"},
]  # fmt: skip


def commands(run):
    """How the run is made again, in order."""
    config = f"--config configs/{run.options.config.name} --out RUN"
    kls = " ".join(f"{kl:g}" for kl in run["grpo"]["kl"])
    return [
        f"python -m reasoner.data --config configs/{run.options.config.name} --out RUN/data",
        f"python -m reasoner.sft {config}",
        f"python -m reasoner.sft {config} --unmasked",
        f"for kl in {kls}; do python -m reasoner.grpo {config} --kl $kl; done",
        f"python -m reasoner.evaluate {config}",
        f"python -m reasoner.switcher {config}",
        f"python -m reasoner.verifier {config}",
        f"python -m reasoner.votes {config}",
        f"python -m reasoner.bundle {config} --bundle ../{run['bundle']['name']}",
    ]


def adapters(run, results):
    bundle, name = run["bundle"], run["bundle"]["default"]
    brief = {"path": BRIEF, "kv_shareable": True, "budget_stated": bundle["default_stated"], "training": name}
    if bundle["default_stated"]:
        brief["budgets"] = results[name].get("budgets", bundle["budgets"])
    return {VERBOSE: {"path": VERBOSE, "kv_shareable": True, "budget_stated": False, "training": "sft"}, BRIEF: brief}


def metrics(run, results, evaluations):
    """Everything that was measured; of long logs the first and the last entry."""
    ends = lambda log: [log[0], log[-1]] if log else []
    training = {name: {**results[name], "losses": ends(results[name].get("losses"))} for name in ("sft", "sft-unmasked")}
    for kl in run["grpo"]["kl"]:
        training[grpo_name(kl)] = {**results[grpo_name(kl)], "log": ends(results[grpo_name(kl)].get("log"))}
    return {"training": training, "evaluation": {name: evaluation["caps"] for name, evaluation in evaluations.items()},
            "switcher": results["switcher"], "verifier": results["verifier"], "votes": results["votes"]}  # fmt: skip


def manifest(run, parts, results, evaluations, commit):
    """`results`: the JSON file of each stage by name; `evaluations`: of each evaluated setting."""
    base, wording, bundle, switcher = run["base"], run["wording"], run["bundle"], run["switcher"]
    shipped = results["switcher"]["labels"][results["switcher"]["shipped"]]
    return {
        "format": "ruminate-bundle",
        "version": 1,
        "name": bundle["name"],
        "license": bundle["license"],
        "base": {"name": base["name"], "file": base["file"], "sha256": parts.sha256, "architecture": "llama", "hidden_size": parts.base.hidden,
                 "layers": parts.base.layers, "vocab_size": parts.base.vocab, "license": base["license"], "source": base["source"]},
        "adapters": adapters(run, results),
        "default_adapter": BRIEF,
        "budget_message": {"role": wording["budget_role"], "content": wording["budget_content"]},
        "mask_boundary": "response",
        "response": {key: wording[key] for key in ("begin", "think_open", "think_close", "closing", "answer_marker", "answer_tokens")} | {"soft_warning": None},
        "budgets": {"default": bundle["default_budget"], "choices": bundle["budgets"]},
        "sampling": {"temperature": results["verifier"]["temperature"]},
        "heads": "heads.safetensors",
        "switcher": {"pool": "last_user_turn", "chunk": switcher["chunk"], "ema": switcher["ema"], "threshold": shipped["threshold"], "thresholds": shipped["thresholds"]},
        "verifier": {"append": wording["verify"], "mode": results["verifier"]["shipped"]},
        "chat": {"max_tokens": switcher["chat_tokens"]},
        "data": DATA,
        "training": {"commit": commit, "commands": commands(run), "seed": run["seed"], "torch": torch.__version__.split("+")[0], "configuration": run.config},
        "metrics": metrics(run, results, evaluations),
    }  # fmt: skip
