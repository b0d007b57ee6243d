"""Makes every golden beside this file, then checks them: see README.md."""

import argparse
from pathlib import Path

import torch
from safetensors.numpy import save_file
from transformers.utils import logging

import adapters
import smollm2
import tiny_gguf
import tiny_models
import verify

HERE = Path(__file__).parent


def make_tiny() -> None:
    for spec in tiny_models.SPECS:
        model, encoded = tiny_models.make(spec)
        tiny_gguf.write(HERE / f"{spec.name}.gguf", spec, encoded)
        ids = tiny_models.token_ids(spec)
        save_file({"ids": ids, "logits": tiny_models.logits(model, ids)}, HERE / f"{spec.name}.safetensors")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="SmolLM2-135M-Instruct.Q4_1.gguf")
    parser.add_argument("--only", choices=["tiny", "adapters", "smollm2", "verify"], help="one part, not everything")
    args = parser.parse_args()

    logging.disable_progress_bar()
    # One thread: the order of sums, and with it the last bits, then depends on the processor alone.
    torch.set_num_threads(1)
    if args.only in (None, "tiny"):
        make_tiny()
    if args.only in (None, "adapters"):
        adapters.make(HERE / "adapters")
    if args.only in (None, "smollm2"):
        smollm2.make(args.model, HERE)
    if args.only in (None, "tiny", "verify"):
        verify.tiny(HERE)
    if args.only in (None, "adapters", "verify"):
        verify.adapters(HERE)
    if args.only in (None, "smollm2", "verify"):
        verify.smollm2(args.model, HERE)


if __name__ == "__main__":
    main()
