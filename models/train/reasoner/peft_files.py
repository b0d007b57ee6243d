"""An adapter as a PEFT folder: written in f16, and read back."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from .model import PROJECTIONS

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"


def factors(lora, views):
    """PEFT's name of every factor of a layer and where it lies: (index in the views, first row, rows or None for all)."""
    rank = lora.rank
    stacked = {"q_proj": (0, 0, 1), "k_proj": (0, 1, 2), "v_proj": (0, 2, 3), "o_proj": (4, None, 5),
               "gate_proj": (6, 0, 7), "up_proj": (6, 1, 8), "down_proj": (9, None, 10)}  # fmt: skip
    for number, view in enumerate(views):
        for name, (a, part, b) in stacked.items():
            block = "self_attn" if name in PROJECTIONS[:4] else "mlp"
            prefix = f"base_model.model.model.layers.{number}.{block}.{name}.lora_"
            yield prefix + "A.weight", view[a] if part is None else view[a][part * rank : (part + 1) * rank]
            yield prefix + "B.weight", view[b]


def write(folder, lora, flat, base_name, kv_shareable):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    views = lora.views(flat.detach().float().cpu())
    tensors = {name: factor.half().contiguous().clone() for name, factor in factors(lora, views)}
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    config = {
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": base_name,
        "r": lora.rank, "lora_alpha": lora.alpha, "lora_dropout": 0.0, "target_modules": list(PROJECTIONS),
        "bias": "none", "fan_in_fan_out": False, "inference_mode": True, "init_lora_weights": True, "modules_to_save": None,
        "use_rslora": False, "use_dora": False, "rank_pattern": {}, "alpha_pattern": {},
        "ruminate": {"kv_shareable": kv_shareable},
    }  # fmt: skip
    (folder / CONFIG).write_text(json.dumps(config, indent=1) + "\n")


def read(folder, lora):
    """The adapter of a folder as one flat f32 vector."""
    folder = Path(folder)
    config = json.loads((folder / CONFIG).read_text())
    if (config["r"], config["lora_alpha"]) != (lora.rank, lora.alpha):
        raise SystemExit(f"{folder} has rank {config['r']} and alpha {config['lora_alpha']}, the configuration says {lora.rank} and {lora.alpha}")
    tensors = load_file(folder / WEIGHTS)
    flat = torch.zeros(lora.numbers)
    for name, factor in factors(lora, lora.views(flat)):
        factor.copy_(tensors[name])
    return flat
