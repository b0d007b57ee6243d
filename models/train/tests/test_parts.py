"""The parts that stages are made of: the mask, dequantization, files, rewards, budgets, answers."""

import argparse
import json
import tomllib
from fractions import Fraction
from pathlib import Path

import gguf
import numpy as np
import pytest
import torch
from gguf.quants import dequantize

from reasoner import answers, batches, gguf_file, grpo, heads, peft_files, setup, switcher, verifier, votes
from reasoner.settings import Stage
from reasoner.wording import bound, think, user

TRAIN = Path(__file__).resolve().parents[1]
GOLDENS = TRAIN.parents[1] / "tests/goldens"
QUESTION = user("Ben has 12 apples and buys 7 more. How many apples does Ben have?")


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    options = argparse.Namespace(out=tmp_path_factory.mktemp("run"), device="cpu", model=GOLDENS / "tiny-llama.gguf")
    return Stage("test", options, tomllib.loads((TRAIN / "configs/smoke.toml").read_text()))


@pytest.fixture(scope="module")
def parts(stage):
    return setup.load(stage)


def adapter(parts, seed=1):
    """A random adapter whose term is not zero."""
    return torch.randn(parts.lora.numbers, generator=torch.Generator().manual_seed(seed)) * 0.05


def common(left, right):
    """How many ids two sequences share at their beginning."""
    return next((i for i, (a, b) in enumerate(zip(left, right)) if a != b), min(len(left), len(right)))


def test_prompt_is_the_bases_bit_for_bit(parts):
    prompt = parts.wording.prompt(QUESTION).ids
    ids = prompt + parts.wording.begin
    batch = batches.pack([ids], batches.LONGEST, parts.lora.scale, [len(prompt)]).to(parts.base)
    with torch.no_grad():
        base, adapted = (parts.base.hidden_states(batch, views) for views in (None, parts.lora.views(adapter(parts))))
    assert torch.equal(base[: len(prompt)], adapted[: len(prompt)])
    difference = (base - adapted)[len(prompt) : len(ids)].norm(dim=1) / base[len(prompt) : len(ids)].norm(dim=1)
    assert float(difference.min()) > 1e-3


@pytest.mark.parametrize("name", ["tiny-llama", "tiny-llama-q4_1", "tiny-llama-untied"])
def test_dequantization_is_ggufs(name):
    """Rotary pairs of Q and K are put back to halves: undone here, the numbers are those of the gguf package."""
    mine = gguf_file.read(GOLDENS / f"{name}.gguf")
    reader = gguf.GGUFReader(GOLDENS / f"{name}.gguf")
    heads_of = {"attn_q": mine.metadata["llama.attention.head_count"], "attn_k": mine.metadata["llama.attention.head_count_kv"]}
    assert set(mine.tensors) == {t.name for t in reader.tensors}
    for tensor in reader.tensors:
        wanted = dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        got, part = mine.tensors[tensor.name], tensor.name.split(".")[-2]
        if part in heads_of:
            rows, inputs = got.shape
            got = got.reshape(heads_of[part], 2, rows // heads_of[part] // 2, inputs).swapaxes(1, 2).reshape(rows, inputs)
        assert np.array_equal(got, wanted.reshape(got.shape)), tensor.name


def test_other_files_are_refused(tmp_path):
    with pytest.raises(SystemExit, match="GGML type 2"):
        gguf_file.read(GOLDENS / "tiny-llama-q4_0.gguf")
    with pytest.raises(SystemExit, match="architecture qwen2"):
        gguf_file.read(GOLDENS / "tiny-qwen2.gguf")
    (tmp_path / "text").write_text("no model at all")
    with pytest.raises(SystemExit, match="no GGUF file"):
        gguf_file.read(tmp_path / "text")


def test_peft_files_round_trip(parts, tmp_path):
    flat = adapter(parts)
    peft_files.write(tmp_path, parts.lora, flat, "tiny", kv_shareable=True)
    assert torch.equal(peft_files.read(tmp_path, parts.lora), flat.half().float())
    config = json.loads((tmp_path / peft_files.CONFIG).read_text())
    (tmp_path / peft_files.CONFIG).write_text(json.dumps(config | {"r": 5}))
    with pytest.raises(SystemExit, match="rank 5"):
        peft_files.read(tmp_path, parts.lora)


def test_reward_falls_around_the_budget():
    assert [grpo.budget_factor(length, 100, 0.5) for length in (1, 50, 75, 100, 125, 150, 151, 1000)] == [1, 1, 0.75, 0.5, 0.25, 0, 0, 0]


def test_advantages():
    rewards = torch.tensor([[1.0, 0.0, 1.0, 0.0], [0.3, 0.3, 0.3, 0.3]])
    found = grpo.advantages(rewards, 0.1)
    assert torch.allclose(found[0], torch.tensor([0.5, -0.5, 0.5, -0.5]) / 0.6) and found[1].abs().max() < 1e-6


def test_budgets_are_exact_and_characters_whole(stage, parts):
    """The tiny base writes bytes at random, so that cuts inside characters happen."""
    wording, decoder = parts.wording, parts.decoder(stage)
    decoder.adapter(adapter(parts))
    prompts = wording.prompts([f"How many are {i} and {i + 1}?" for i in range(12)])
    free = think(decoder, wording, prompts, 120, temperature=1.0, seed=1)
    assert all(r.ids[: len(wording.begin)] == wording.begin and len(r.ids) <= 120 for r in free)
    for budget in (wording.smallest, 50, 64):
        responses = bound(decoder, wording, prompts, free, [budget] * len(prompts))
        assert all(len(r.ids) <= budget for r in responses) and any(r.forced for r in responses)
        for response, before in zip(responses, free):
            if not response.forced:
                assert response.ids == before.ids[: len(response.ids)]
                continue
            cut = common(response.ids, before.ids)
            assert response.ids[cut : cut + len(wording.closing)] == wording.closing
            assert not parts.text.decode(response.ids[len(wording.begin) : cut]).endswith("\ufffd")
            assert budget - len(response.ids) < wording.answer_tokens + 4
    at_smallest = bound(decoder, wording, prompts, free, [wording.smallest] * len(prompts))
    assert all(r.ids[: len(wording.begin + wording.closing)] == wording.begin + wording.closing for r in at_smallest if r.forced)


def test_answers_mean_what_the_engines_golden_says():
    golden = json.loads((GOLDENS / "answers.json").read_text())
    for part, read in (("alone", answers.key), ("responses", answers.in_response), ("chat", answers.in_chat)):
        assert {text: read(text) for text, _ in golden[part]} == dict(golden[part])
    assert answers.right("<think>\n</think>\nAnswer: $3.50", "7/2", True) and not answers.right("Answer: 3", "4", True)
    assert answers.right("The capital is Oslo.", "Oslo", False) and Fraction(answers.key("0.1")) == Fraction(1, 10)


def test_verifier_learns_and_votes():
    torch.manual_seed(0)
    x, w = torch.randn(3000, 16), torch.randn(16)
    y = (torch.rand(3000) < torch.sigmoid(x @ w)).float()
    weight, bias, _, _ = verifier.train(x[:2000], y[:2000], x[2000:], y[2000:], [1e-3, 1.0])
    assert heads.auc((x @ weight + bias)[2000:], y[2000:]) > heads.auc((x @ w)[2000:], y[2000:]) - 0.01
    assert verifier.vote(["1", "2", "1", None], [0.1, 0.9, 0.1, 5.0]) == "2" and verifier.vote(["1", "2"], [1.0, 1.0]) == "1"
    assert verifier.best([None, "3", "4"], [0.9, 0.2, 0.3]) == "4" and verifier.vote([None], [1.0]) is None
    found = verifier.votes([["1", "2", "1", "3"]], [[0.1, 0.9, 0.2, 0.3]], ["1"], [1, 4])
    assert found["1"]["majority"] == 0.5 and (found["4"]["majority"], found["4"]["weighted"], found["4"]["some_right"]) == (1, 0, 1)


def test_whole_families_are_held_out():
    rows = [{"source": "synthetic", "family": name} for name in "abcde" for _ in range(4)] + [{"source": "svamp", "family": "svamp"}] * 10
    held = verifier.held_out(rows, 0.2).tolist()
    assert held[20:] == [False] * 8 + [True] * 2
    assert sorted(sum(held[i : i + 4]) for i in range(0, 20, 4)) == [0, 0, 0, 0, 4]


def test_votes_of_both_adapters_take_half_of_each():
    assert votes.halves([["1", "2", "3"]], [["4", "5", "6"]]) == [["1", "2", "4"]]
    sets = {"a": [{"answer": "1"}], "b": [{"answer": "2"}, {"answer": "3"}]}
    found = votes.by_set([["1", "1", "2"], ["1", "2", "2"], ["1", "1", "3"]], sets)
    assert found == {"a": {"one": 0.6667, "majority": 1.0}, "b": {"one": 0.5, "majority": 0.5}}


def test_switchers_area_is_the_oracles_share():
    torch.manual_seed(0)
    base, reasoner = (torch.rand(1000) < 0.1).float(), (torch.rand(1000) < 0.5).float()
    assert switcher.routing(reasoner - base, base, reasoner)["share_of_oracle"] == 1
    assert abs(switcher.routing(torch.rand(1000), base, reasoner)["share_of_oracle"]) < 0.1
    assert switcher.choose_threshold((reasoner - base).clamp(0, 1) * 0.5 + 0.2, base, reasoner, 0.0) == 0.7


def test_calibration_and_auc():
    assert heads.auc([0.1, 0.9, 0.5, 0.5], [0, 1, 1, 0]) == 0.875 and heads.auc([0.1], [1]) is None
    error, bins = heads.calibration([0.2, 0.2, 0.8, 0.8], [0, 0, 1, 1])
    assert error == 0.2 and [count for *_, count in bins] == [2, 2]


def test_pooling_is_the_engines():
    hidden = torch.arange(5.0)[:, None]
    assert float(heads.pooled(hidden, 2, 0.5)) == 0.5 * (0.5 * 0.5 + 0.5 * 2.5) + 0.5 * 4
