"""What every stage shares: its configuration, the run's folder, its log, and the rule that a finished stage is not run again."""

import argparse
import hashlib
import json
import os
import time
import tomllib
from pathlib import Path

import torch

EVALUATION = Path(__file__).resolve().parents[2] / "eval"


class Stage:
    """One stage of one run.

    `self[section]` is a table of the configuration; `path(name)` a file in the run's folder.
    """

    def __init__(self, name, options, config):
        self.name, self.options, self.config = name, options, config
        self.run = Path(options.out)
        self.run.mkdir(parents=True, exist_ok=True)
        self.started = time.monotonic()
        self.device = torch.device(options.device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.dtype = torch.bfloat16 if self.device.type == "cuda" else torch.float32

    def __getitem__(self, section):
        return self.config[section]

    def path(self, name):
        path = self.run / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def seconds(self):
        return time.monotonic() - self.started

    def log(self, *words):
        line = f"{time.strftime('%H:%M:%S')} {self.seconds():6.1f} {self.name}: " + " ".join(map(str, words))
        print(line, flush=True)
        with open(self.path("log.txt"), "a") as file:
            file.write(line + "\n")

    def refuse_if_done(self, result):
        """Ends the program where `result`, which a stage writes last, is there already."""
        if self.path(result).exists():
            raise SystemExit(f"{self.path(result)} is there: this stage is finished. Delete that file to run it again.")

    def device_name(self):
        return torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else "CPU"


def stage(name, description, *arguments):
    """Reads the command line of a stage; `arguments` are (flags, keywords) of its own."""
    parser = argparse.ArgumentParser(prog=f"python -m reasoner.{name}", description=description)
    parser.add_argument("--config", required=True, type=Path, help="configs/full.toml or configs/smoke.toml")
    parser.add_argument("--out", required=True, type=Path, help="folder of the run")
    parser.add_argument("--data", type=Path, help="what `python -m reasoner.data` wrote (default: OUT/data)")
    parser.add_argument("--model", type=Path, default=os.environ.get("REASONER_MODEL"), help="the base's GGUF file (default: $REASONER_MODEL)")
    parser.add_argument("--device", help="cuda or cpu")
    for flags, keywords in arguments:
        parser.add_argument(flags, **keywords)
    options = parser.parse_args()
    if options.model is None:
        raise SystemExit("Which base? Give --model FILE.gguf or set REASONER_MODEL; README.md says where the file comes from.")
    options.data = options.data or options.out / "data"
    return Stage(name, options, tomllib.loads(options.config.read_text()))


def write_json(path, value):
    """Writes a whole file or none."""
    part = Path(path).with_suffix(".part")
    part.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n")
    os.replace(part, path)


def read_json(path):
    return json.loads(Path(path).read_text())


def read_rows(path, limit=None):
    """The rows of a jsonl file, the first `limit` of them."""
    rows = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            if limit is not None and len(rows) == limit:
                break
            rows.append(json.loads(line))
    return rows


def evaluation_sets(stage):
    """The committed problems by the name of their set, each cut to what the configuration wants."""
    limits = stage["evaluate"]["problems"]
    return {name: read_rows(EVALUATION / f"{name}.jsonl", limit) for name, limit in limits.items()}


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_base(stage):
    """Ends the program where the base is another file than the configuration's."""
    wanted, found = stage["base"]["sha256"], sha256(stage.options.model)
    if wanted and found != wanted:
        raise SystemExit(f"{stage.options.model} is another file: sha256 {found}, wanted {wanted}. README.md says where the right one comes from.")
    return found
