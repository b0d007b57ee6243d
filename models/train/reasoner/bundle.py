"""Assembles the bundle of a finished run: adapters, heads, bundle.json and the model card."""

import json
import math
import os
import shutil
import subprocess
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from . import card, peft_files, setup
from .evaluate import grpo_name, settings
from .manifest import BRIEF, VERBOSE, manifest
from .settings import read_json, sha256, stage, write_json

MANIFEST, HEADS, CARD = "bundle.json", "heads.safetensors", "README.md"
MOST_BYTES = 30_000_000
BUDGET_PLACE = "{budget}"


class Refused(SystemExit):
    """A part is missing or disagrees with another; says which and what to do."""


def require(condition, problem):
    if not condition:
        raise Refused(problem)


def commit_of(folder):
    """The commit of the sources, with a mark where they differ from it."""
    git = lambda *words: subprocess.run(["git", "-C", folder, *words], capture_output=True, text=True, check=True).stdout.strip()
    try:
        return git("rev-parse", "HEAD") + (" with changes" if git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError) as error:
        raise Refused(f"the sources' commit is not known ({error}): give it by --commit") from error


def read_results(run):
    """The result of every stage, and of every evaluated setting. All must be there."""
    stages = ["sft", "sft-unmasked", *map(grpo_name, run["grpo"]["kl"]), "switcher", "verifier", "votes"]
    files = {name: run.path(f"{name}.json") for name in stages} | {f"evaluate/{name}": run.path(f"evaluate/{name}.json") for name in settings(run)}
    missing = [str(path) for path in files.values() if not path.exists()]
    require(not missing, f"the run is not finished: {', '.join(missing)} missing. Run the stages that write them first (README.md has the order)")
    found = {name: read_json(path) for name, path in files.items()}
    return {name: found[name] for name in stages}, {name: found[f"evaluate/{name}"] for name in settings(run)}


def check_agreement(run, results):
    """Heads are of the adapter that ships, thresholds and budgets make sense, and the masked adapter leaves the prompt's KV alone."""
    bundle = run["bundle"]
    require(bundle["default"] in ["sft", *map(grpo_name, run["grpo"]["kl"])], f"[bundle] default: {bundle['default']!r} is no masked adapter of this run")
    for name in ("switcher", "verifier"):
        require(results[name]["adapter"] == bundle["default"],
                f"{name}.json was made for adapter {results[name]['adapter']}, [bundle] default is {bundle['default']}: run `python -m reasoner.{name}` again")  # fmt: skip
    require(results["sft"]["prompt_kv_equal"], "sft.json says that the prompt's KV differs with the adapter loaded: it cannot share the base's")
    shipped = results["switcher"]["labels"][results["switcher"]["shipped"]]
    for threshold in [shipped["threshold"], *(row["threshold"] for row in shipped["thresholds"])]:
        require(0 <= threshold <= 1, f"switcher.json: threshold {threshold} is not between 0 and 1")
    require(0 <= run["switcher"]["ema"] < 1, f"[switcher] ema: {run['switcher']['ema']} is not from 0 to below 1")
    require(results["verifier"]["shipped"] in ("adapter", "base"), f"verifier.json: {results['verifier']['shipped']!r} is no mode")


def check_wording(run, parts):
    """The wordings say the same in tokens, and every budget has room for what is forced."""
    table, text, bundle = run["wording"], parts.text, run["bundle"]
    for name in ("begin", "closing", "verify"):
        ids = text.encode(table[name])
        require(ids and text.decode(ids) == table[name], f"[wording] {name}: {table[name]!r} is another text after tokenizing")
    require(table["think_open"] in table["begin"] and table["think_close"] not in table["begin"], f"[wording] begin: {table['begin']!r} does not open the thoughts")
    closed, _, asked = table["closing"].partition(table["think_close"])
    require(closed != table["closing"] and asked.rstrip().endswith(table["answer_marker"].rstrip()),
            f"[wording] closing: {table['closing']!r} does not close the thoughts and then ask with {table['answer_marker']!r}")  # fmt: skip
    require(BUDGET_PLACE in table["budget_content"], f"[wording] budget_content has no place {BUDGET_PLACE}")
    budgets = bundle["budgets"]
    require(budgets == sorted(budgets) and bundle["default_budget"] in budgets, f"[bundle] budgets: {budgets} do not ascend, or lack the default {bundle['default_budget']}")
    require(budgets[0] >= parts.wording.smallest, f"[bundle] budgets: {budgets[0]} tokens are less than the {parts.wording.smallest} that must fit")


def check_numbers(made):
    try:
        json.dumps(made, allow_nan=False)
    except ValueError as error:
        raise Refused("a stage's result has a number that is not finite, which JSON cannot say: look into the run's *.json for NaN and run that stage again") from error


def write_heads(run, parts, path):
    """Both heads in one file, f32, as the engine reads them."""
    tensors = load_file(run.path("switcher.safetensors")) | load_file(run.path("verifier.safetensors"))
    width, hidden = len(tensors.get("switcher.b1", [])), parts.base.hidden
    shapes = {"switcher.w1": [width, hidden], "switcher.b1": [width], "switcher.w2": [width], "switcher.b2": [1], "verifier.w": [hidden], "verifier.b": [1]}
    require(set(tensors) == set(shapes), f"the heads' tensors are {sorted(tensors)}, wanted {sorted(shapes)}")
    for name, tensor in tensors.items():
        require(list(tensor.shape) == shapes[name] and tensor.dtype == torch.float32, f"{name} is {tensor.dtype} {list(tensor.shape)}, wanted float32 {shapes[name]}")
        require(bool(torch.isfinite(tensor).all()), f"{name} has numbers that are not finite: train the head again")
    save_file(tensors, path)


def copy_adapter(run, parts, name, folder):
    source = run.path(name)
    require(source.exists(), f"{source} is missing: run the stage that makes it")
    require(bool(torch.isfinite(peft_files.read(source, parts.lora)).all()), f"{source} has numbers that are not finite: train it again")
    config = read_json(source / peft_files.CONFIG)
    require(config.get("ruminate", {}).get("kv_shareable") is True, f"{source / peft_files.CONFIG} does not say that it is KV-shareable: it is not a masked adapter")
    folder.mkdir()
    for file in (peft_files.CONFIG, peft_files.WEIGHTS):
        shutil.copyfile(source / file, folder / file)
    require({t.dtype for t in load_file(folder / peft_files.WEIGHTS).values()} == {torch.float16}, f"{source / peft_files.WEIGHTS} is not all f16")


def assemble(run, parts, folder, commit, force=False, notes=""):
    """Writes the bundle into `folder`; a whole one or none. Returns its manifest."""
    folder = Path(folder)
    if folder.exists():
        require(force, f"{folder} is there already: give another folder, or --force to replace it")
        require((folder / MANIFEST).exists(), f"{folder} is no bundle (it has no {MANIFEST}), so it is not replaced")
    results, evaluations = read_results(run)
    check_agreement(run, results)
    check_wording(run, parts)
    made = manifest(run, parts, results, evaluations, commit)
    check_numbers(made)
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    copy_adapter(run, parts, "sft", part / VERBOSE)
    copy_adapter(run, parts, run["bundle"]["default"], part / BRIEF)
    write_heads(run, parts, part / HEADS)
    files = sorted(p for p in part.rglob("*") if p.is_file())
    made["files"] = {p.relative_to(part).as_posix(): {"bytes": p.stat().st_size, "sha256": sha256(p)} for p in files}
    write_json(part / MANIFEST, made)
    (part / CARD).write_text(card.text(made, notes))
    total = sum(p.stat().st_size for p in part.rglob("*") if p.is_file())
    require(total <= MOST_BYTES, f"the bundle has {total} bytes, more than {MOST_BYTES}: lower [lora] rank ({math.ceil(parts.lora.numbers * 2 / 1e6)} MB an adapter). It is in {part}")
    if folder.exists():
        shutil.rmtree(folder)
    os.replace(part, folder)
    run.log(f"{folder}: {total / 1e6:.1f} MB")
    return made


def main():
    run = stage("bundle", __doc__.split("\n")[0],
                ("--bundle", {"type": Path, "required": True, "help": "the folder to write"}),
                ("--commit", {"help": "the sources' commit (default: what git says)"}),
                ("--notes", {"type": Path, "help": "a Markdown file for the card: what was tried"}),
                ("--force", {"action": "store_true", "help": "replace a bundle that is there"}))  # fmt: skip
    commit = run.options.commit or commit_of(Path(__file__).parent)
    assemble(run, setup.load(run), run.options.bundle, commit, run.options.force, run.options.notes.read_text() if run.options.notes else "")


if __name__ == "__main__":
    main()
