"""LoRA adapters for two of the tiny models, and what PEFT computes with them.

The weights of an adapter are drawn, rounded to the file's type and written as a PEFT folder;
PEFT then reads that folder onto a model that holds the GGUF's weights, and computes in f32.
"""

import json
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from gguf import GGMLQuantizationType as Type, GGUFType, GGUFWriter, Keys
from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict
from peft.tuners.lora import LoraLayer
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_torch_file
from transformers import DynamicCache

import tiny_gguf
import tiny_models

ATTENTION = ["q_proj", "k_proj", "v_proj", "o_proj"]
ALL = [*ATTENTION, "gate_proj", "up_proj", "down_proj"]
TOKENS = 26
PROMPT = 12  # tokens before the response, in every masked sequence
SWITCH = (16, 22)  # the adapted stretch of a switched sequence, its end not included
INVOCATION = (7, 10)  # of the prompt: what an activated LoRA is invoked with, its end not included
SCALE = 0.5
GGUF_NAMES = {"q_proj": "attn_q", "k_proj": "attn_k", "v_proj": "attn_v", "o_proj": "attn_output",
              "gate_proj": "ffn_gate", "up_proj": "ffn_up", "down_proj": "ffn_down"}


@dataclass
class Adapter:
    name: str
    model: str
    seed: int
    rank: int
    alpha: int
    dtype: torch.dtype
    # What a linear with an input of unit variance gets added: the standard deviation.
    gain: float
    targets: list[str] = field(default_factory=lambda: ALL)
    gguf: Type | None = None  # also written as a GGUF file
    other: dict = field(default_factory=dict)  # further settings of LoraConfig


ADAPTERS = [
    Adapter("llama-r8", "tiny-llama", 1, 8, 16, torch.float16, 0.2, gguf=Type.F16),
    Adapter("llama-r4", "tiny-llama", 2, 4, 12, torch.float32, 0.15),
    Adapter("llama-r128", "tiny-llama", 3, 128, 64, torch.float16, 0.3, other={"layers_to_transform": [1]}),
    Adapter("llama-qv", "tiny-llama", 4, 8, 32, torch.bfloat16, 0.35, ["q_proj", "v_proj"]),
    Adapter("qwen2-r4", "tiny-qwen2", 5, 4, 8, torch.float32, 0.2, gguf=Type.F32),
    Adapter("qwen2-r32", "tiny-qwen2", 6, 32, 64, torch.float16, 0.2),
    Adapter("qwen2-rslora", "tiny-qwen2", 7, 8, 6, torch.float16, 0.2, other={"use_rslora": True}),
    # The first pattern that fits a module counts: layer 1's V has alpha 4, not 32.
    Adapter("qwen2-pattern", "tiny-qwen2", 8, 8, 16, torch.float16, 0.25, other={
        "rank_pattern": {"layers.1.mlp.down_proj": 12, "q_proj": 4},
        "alpha_pattern": {"layers.1.self_attn.v_proj": 4, "model.layers.0.self_attn.k_proj": 3, "v_proj": 32},
    }),
]
# The model's two sequences, one with each: same prompt, responses of their own.
BATCHES = {"tiny-llama": ("llama-r8", "llama-qv"), "tiny-qwen2": ("qwen2-r4", "qwen2-rslora")}


def spec_of(model: str) -> tiny_models.Spec:
    return next(spec for spec in tiny_models.SPECS if spec.name == model)


def of_model(model: str) -> list[Adapter]:
    return [adapter for adapter in ADAPTERS if adapter.model == model]


def base_model(model: str):
    return tiny_models.make(spec_of(model))[0]


def token_ids(spec: tiny_models.Spec) -> tuple[np.ndarray, np.ndarray]:
    """Two u32 [TOKENS] with the same first PROMPT tokens; the responses repeat a part of the prompt."""
    ids = np.random.default_rng(200 + spec.seed).integers(0, tiny_models.VOCAB, (2, TOKENS)).astype(np.uint32)
    ids[1, :PROMPT] = ids[0, :PROMPT]
    ids[:, 18:22] = ids[:, 4:8]
    return ids[0], ids[1]


def make(folder: Path) -> None:
    for adapter in ADAPTERS:
        write(folder / adapter.name, adapter)
    for model in BATCHES:
        make_logits(folder, model)


def write(folder: Path, adapter: Adapter) -> None:
    """The PEFT folder, and the GGUF file where one is wanted."""
    folder.mkdir(parents=True, exist_ok=True)
    model = get_peft_model(base_model(adapter.model), LoraConfig(
        r=adapter.rank, lora_alpha=adapter.alpha, target_modules=adapter.targets, task_type="CAUSAL_LM",
        **adapter.other))
    state = draw(model, adapter)
    save_torch_file(state, folder / "adapter_model.safetensors", metadata={"format": "pt"})

    config = model.peft_config["default"]
    config.base_model_name_or_path = adapter.model
    config.inference_mode = True
    config.save_pretrained(folder)
    # PEFT writes the set of targets in any order.
    path = folder / "adapter_config.json"
    settings = json.loads(path.read_text())
    settings["target_modules"].sort()
    path.write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n")

    if adapter.gguf is not None:
        write_gguf(folder / f"{adapter.name}.gguf", adapter, state)


def draw(model, adapter: Adapter) -> dict[str, torch.Tensor]:
    """PEFT's names -> random weights in the type of the file."""
    rng = np.random.default_rng(300 + adapter.seed)
    scaling = {name: layer.scaling["default"] for name, layer in model.named_modules() if isinstance(layer, LoraLayer)}
    state = {}
    for name, weight in get_peft_model_state_dict(model).items():
        noise = rng.standard_normal(tuple(weight.shape)).astype(np.float32)
        if ".lora_A." in name:
            noise /= np.sqrt(weight.shape[1], dtype=np.float32)
        else:
            factor = scaling[name.removesuffix(".lora_B.weight")]
            noise *= np.float32(adapter.gain / (factor * np.sqrt(weight.shape[1])))
        state[name] = torch.from_numpy(noise).to(adapter.dtype)
    return state


def write_gguf(path: Path, adapter: Adapter, state: dict[str, torch.Tensor]) -> None:
    """As llama.cpp's convert_lora_to_gguf.py stores it: B follows the row order of its weight."""
    spec = spec_of(adapter.model)
    file = GGUFWriter(path, spec.arch)
    file.add_type(GGUFType.ADAPTER)
    file.add_string(Keys.Adapter.TYPE, "lora")
    file.add_name(adapter.name)
    file.add_file_type(tiny_gguf.FILE_TYPES[adapter.gguf])
    file.add_float32(Keys.Adapter.LORA_ALPHA, float(adapter.alpha))
    file.add_quantization_version(2)

    rows = {"q_proj": spec.heads, "k_proj": spec.kv_heads}
    for name, tensor in state.items():
        # base_model.model.model.layers.N.BLOCK.LINEAR.lora_X.weight
        layer, _, linear, matrix, _ = name.split(".")[4:]
        values = tensor.numpy()
        if spec.arch == "llama" and matrix == "lora_B" and linear in rows:
            values = values[tiny_gguf.interleaved_rows(rows[linear], spec.head_dim)]
        file.add_tensor(f"blk.{layer}.{GGUF_NAMES[linear]}.weight.{matrix.lower()}", np.ascontiguousarray(values))

    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()


def load(folder: Path, *names: str) -> PeftModel:
    """The model of these adapters with all of them, under their names; the first is active."""
    adapter = next(adapter for adapter in ADAPTERS if adapter.name == names[0])
    model = PeftModel.from_pretrained(base_model(adapter.model), folder / names[0], adapter_name=names[0])
    for name in names[1:]:
        model.load_adapter(folder / name, adapter_name=name)
    # Nothing was left at its first values: B would be zero.
    assert all(weight.abs().max() > 0 for name, weight in model.named_parameters() if ".lora_" in name)
    return model.eval()


def logits(model: PeftModel, ids: np.ndarray, spans: list[tuple[int, bool]]) -> np.ndarray:
    """f32 [TOKENS, VOCAB], on one KV cache: each span is (its end, whether the adapter is on)."""
    tokens = torch.from_numpy(ids.astype(np.int64))[None]
    cache, begin, parts = DynamicCache(config=model.config), 0, []
    for end, on in spans:
        with torch.no_grad(), nullcontext() if on else model.disable_adapter():
            parts.append(model(tokens[:, begin:end], past_key_values=cache, use_cache=True).logits[0])
        begin = end
    assert begin == len(ids) == cache.get_seq_length()
    return torch.cat(parts).float().numpy()


ON = [(TOKENS, True)]
OFF = [(TOKENS, False)]
MASKED = [(PROMPT, False), (TOKENS, True)]
SWITCHED = [(SWITCH[0], False), (SWITCH[1], True), (TOKENS, False)]


def set_scale(model: PeftModel, scale: float) -> None:
    for layer in model.modules():
        if isinstance(layer, LoraLayer):
            layer.set_scale(model.active_adapter, scale)


def activated_logits(folder: Path, model: str, ids: np.ndarray) -> np.ndarray:
    """f32 [TOKENS, VOCAB] of the adapter as an activated LoRA that INVOCATION's tokens invoke."""
    config = LoraConfig.from_pretrained(folder)
    config.alora_invocation_tokens = ids[slice(*INVOCATION)].tolist()
    peft = PeftModel.from_pretrained(base_model(model), folder, config=config).eval()
    with torch.no_grad():
        return peft(input_ids=torch.from_numpy(ids.astype(np.int64))[None], use_cache=False).logits[0].float().numpy()


def make_logits(folder: Path, model: str) -> None:
    ids, other_ids = token_ids(spec_of(model))
    first, second = BATCHES[model]
    tensors = {
        "ids": ids, "other_ids": other_ids, "prompt": np.array([PROMPT], np.uint32),
        "switch": np.array(SWITCH, np.uint32), "invocation": np.array(INVOCATION, np.uint32),
        "scale": np.array([SCALE], np.float32),
        "base.logits": tiny_models.logits(base_model(model), ids),
    }
    for adapter in of_model(model):
        tensors[f"on.{adapter.name}.logits"] = logits(load(folder, adapter.name), ids, ON)

    peft = load(folder, first)
    tensors[f"masked.{first}.logits"] = logits(peft, ids, MASKED)
    tensors[f"switched.{first}.logits"] = logits(peft, ids, SWITCHED)
    # Text that an adapter wrote, read anew by the base: nothing of the adapter is left.
    assert np.abs(logits(peft, ids, OFF) - tensors["base.logits"]).max() < 1e-4
    # An activated LoRA (aLoRA) finds for itself where it is invoked.
    tensors[f"activated.{first}.logits"] = activated_logits(folder / first, model, ids)
    set_scale(peft, SCALE)
    tensors[f"scaled.{first}.logits"] = logits(peft, ids, ON)
    tensors[f"masked.{second}.other_logits"] = logits(load(folder, second), other_ids, MASKED)

    # One entry only: safetensors writes several in any order.
    save_file(tensors, folder / f"{model}.safetensors", metadata={"batch": f"{first} {second}"})
