"""Every stage on the tiny base, on a CPU: they run, refuse to run twice, go on where they were stopped, and make a bundle."""

import importlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import jsonschema
import pytest
import torch

from reasoner import bundle, card, goldens, peft_files, settings
from reasoner.data.build import build

TRAIN = Path(__file__).resolve().parents[1]
CONFIG = TRAIN / "configs/smoke.toml"
MODEL = TRAIN.parents[1] / "tests/goldens/tiny-llama.gguf"
SCHEMA = json.loads((TRAIN.parent / "bundle.schema.json").read_text())


def go(name, out, *more, config=CONFIG):
    """Runs a stage in this process, as its command line would."""
    module, before = importlib.import_module(f"reasoner.{name}"), sys.argv
    sys.argv = [name, "--config", str(config), "--out", str(out), "--model", str(MODEL), "--device", "cpu", *more]
    try:
        module.main()
    finally:
        sys.argv = before


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run."""
    out = tmp_path_factory.mktemp("run")
    build(tomllib.loads(CONFIG.read_text())["data"], out / "data")
    for name, *more in (["sft"], ["sft", "--unmasked"], ["grpo", "--kl", "0.001"], ["grpo", "--kl", "0.01"], ["evaluate"], ["switcher"], ["verifier"], ["votes"]):
        go(name, out, *more)
    return out


@pytest.fixture(scope="module")
def bundled(run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle") / "smoke"
    go("bundle", run, "--bundle", str(folder), "--commit", "abc")
    return folder


def test_bundle_fits_the_schema(bundled):
    manifest = json.loads((bundled / "bundle.json").read_text())
    validator = jsonschema.Draft202012Validator(SCHEMA)
    validator.check_schema(SCHEMA)
    validator.validate(manifest)
    for path, file in manifest["files"].items():
        assert settings.sha256(bundled / path) == file["sha256"]
    for place, wrong in ((("verifier", "mode"), "oracle"), (("switcher", "ema"), 1.0), (("budget_message", "content"), "Be brief."), (("heads",), "../heads"),
                         (("base", "file"), "a/b"), (("base", "sha256"), "ABC"), (("response", "answer_tokens"), 0), (("adapters", "brief", "path"), "/brief")):  # fmt: skip
        changed = json.loads(json.dumps(manifest))
        table = changed
        for key in place[:-1]:
            table = table[key]
        table[place[-1]] = wrong
        assert not validator.is_valid(changed), place
    assert (bundled / "README.md").read_text() == card.text(manifest)
    assert "## What it cannot do" in card.text(manifest) and "nan" not in card.text(manifest)


def test_bundle_is_not_overwritten(run, bundled, tmp_path):
    with pytest.raises(SystemExit, match="there already"):
        go("bundle", run, "--bundle", str(bundled), "--commit", "abc")
    go("bundle", run, "--bundle", str(bundled), "--commit", "abc", "--force")
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(SystemExit, match="no bundle"):
        go("bundle", run, "--bundle", str(tmp_path), "--commit", "abc", "--force")


def test_bundle_refuses_parts_that_disagree(run, tmp_path):
    changed = tmp_path / "run"
    shutil.copytree(run, changed)
    heads = json.loads((changed / "verifier.json").read_text())
    (changed / "verifier.json").write_text(json.dumps(heads | {"adapter": "sft"}))
    with pytest.raises(SystemExit, match="made for adapter sft"):
        go("bundle", changed, "--bundle", str(tmp_path / "out"), "--commit", "abc")
    (changed / "verifier.json").unlink()
    with pytest.raises(SystemExit, match="not finished.*verifier.json"):
        go("bundle", changed, "--bundle", str(tmp_path / "out"), "--commit", "abc")
    assert not (tmp_path / "out").exists()


def test_goldens(bundled):
    made = goldens.goldens(bundled, MODEL)
    assert len(made["switcher"]) == len(made["verifier"]) == 12
    assert all(0 <= entry["score"] <= 1 for entry in made["switcher"] + made["verifier"])
    for entry in made["greedy"]:
        assert len(entry["margins"]) == len(entry["ids"]) - entry["forced"] and min(entry["margins"]) >= 0
    assert json.loads(goldens.lines(made)) == made


def test_finished_stages_are_not_run_again(run):
    for name, *more in (["sft"], ["sft", "--unmasked"], ["grpo", "--kl", "0.001"], ["switcher"], ["verifier"], ["evaluate"]):
        with pytest.raises(SystemExit, match=r"finished|all of"):
            go(name, run, *more)


def test_another_base_is_refused(tmp_path):
    other = CONFIG.read_text().replace(settings.sha256(MODEL), "0" * 64)
    (tmp_path / "other.toml").write_text(other)
    with pytest.raises(SystemExit, match="another file"):
        go("sft", tmp_path / "out", config=tmp_path / "other.toml")


def test_sft_goes_on_where_it_was_stopped(run, tmp_path):
    """The state is saved at every step; what stops the program stops it after two."""
    (tmp_path / "config.toml").write_text(CONFIG.read_text().replace("save_every = 60", "save_every = 0"))
    shutil.copy(run / "tokens.npz", tmp_path / "tokens.npz")

    class Stopped(Exception):
        pass

    real, saves = torch.save, []

    def save(*words):
        real(*words)
        saves.append(words)
        if len(saves) == 2:
            raise Stopped

    torch.save = save
    try:
        with pytest.raises(Stopped):
            go("sft", tmp_path, config=tmp_path / "config.toml")
    finally:
        torch.save = real
    assert not (tmp_path / "sft.json").exists()
    go("sft", tmp_path, config=tmp_path / "config.toml")
    assert json.loads((tmp_path / "sft.json").read_text())["steps"] == 4
    assert "goes on at step 2" in (tmp_path / "log.txt").read_text() and not (tmp_path / "sft.state.pt").exists()


def test_command_line_asks_for_the_base(tmp_path):
    environment = {k: v for k, v in os.environ.items() if k != "REASONER_MODEL"}
    done = subprocess.run([sys.executable, "-m", "reasoner.sft", "--config", CONFIG, "--out", tmp_path], cwd=TRAIN, env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and "Which base?" in done.stderr


def test_adapters_of_the_run_are_masked(run):
    assert json.loads((run / "sft.json").read_text())["prompt_kv_equal"] is True
    assert json.loads((run / "sft-unmasked" / peft_files.CONFIG).read_text())["ruminate"]["kv_shareable"] is False
