"""The base, its tokenizer and the wordings, loaded for a stage."""

from dataclasses import dataclass

import torch

from . import gguf_file, peft_files
from .decode import Decoder
from .model import Base, Lora
from .settings import check_base
from .tokens import Text
from .wording import Wording


@dataclass
class Parts:
    base: Base
    lora: Lora
    text: Text
    wording: Wording
    sha256: str

    def decoder(self, stage):
        table = stage["decode"]
        return Decoder(self.base, self.lora, self.text.end_of_turn, table["slots"], table["positions"], table["sync_every"])

    def adapter(self, stage, name):
        """The adapter `name` of the run as a flat vector on the device."""
        folder = stage.path(name)
        if not folder.exists():
            raise SystemExit(f"{folder} is missing: run the stage that makes it first (README.md has the order)")
        return peft_files.read(folder, self.lora).to(stage.device)


def load(stage, dtype=None):
    # More threads only wait for each other in the heads' small products.
    torch.set_num_threads(stage["base"].get("threads", 2 if stage.device.type == "cpu" else 4))
    digest = check_base(stage)
    gguf = gguf_file.read(stage.options.model)
    text = Text(gguf.metadata)
    base = Base(gguf, stage.device, dtype or stage.dtype)
    table = stage["lora"]
    return Parts(base, Lora(base, table["rank"], table["alpha"]), text, Wording(text, stage["wording"]), digest)
