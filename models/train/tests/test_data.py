"""The data: answers, spelled sums, held-out words, leaks, determinism, and English as far as a script can judge it."""

import json
import operator
import random
import re
import tomllib
from fractions import Fraction
from pathlib import Path

import pytest

from reasoner.data import arithmetic, gsm8k, gsm8k_varied, leaks, sources, svamp
from reasoner.data.build import build
from reasoner.data.chat import KINDS, evaluation_rows, part
from reasoner.data.chat.facts import FACTS
from reasoner.data.english import PARTS, conjugate, parse, spell, tidy, times
from reasoner.data.families import FAMILIES, HELD_OUT, JUDGED, TRAINED, told
from reasoner.data.text import normal, structure
from reasoner.data.words import EVAL, HELD_OUT_NAMES, MEN, NOUNS, TRAIN, WOMEN

TRAIN_FOLDER = Path(__file__).resolve().parents[1]
OPERATORS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": lambda a, b: Fraction(a, 1) / b}
SIDE = r"\$?\d+(?: [-+*/] \d+)*"
CHAIN = re.compile(rf"(?<![\d$%/.-]){SIDE}(?: = {SIDE})+(?![\d%/])(?!\.\d)")


@pytest.fixture(scope="module")
def problems():
    """1,500 training problems, some of the evaluation split, some of held-out families: (story, row)."""
    out = [told(random.Random(i)) for i in range(1500)]
    out += [told(random.Random(10_000 + i), split=EVAL) for i in range(300)]
    return out + [told(random.Random(20_000 + i), split=EVAL, use=HELD_OUT) for i in range(300)]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A small build: (folder, configuration)."""
    folder = tmp_path_factory.mktemp("data")
    config = tomllib.loads((TRAIN_FOLDER / "configs/smoke.toml").read_text())["data"] | {"train": 600, "rl": 100, "verifier": 100, "switcher": 200}
    build(config, folder)
    return folder, config


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def value(expression):
    """`12 + 3 * 4` by the usual precedence, exactly."""
    terms, sign, current = Fraction(0), 1, None
    tokens = expression.replace("$", "").split()
    current = Fraction(int(tokens[0]))
    for op, number in zip(tokens[1::2], tokens[2::2]):
        if op in "*/":
            current = OPERATORS[op](current, int(number))
        else:
            terms, sign, current = terms + sign * current, 1 if op == "+" else -1, Fraction(int(number))
    return terms + sign * current


def chains(text):
    return [chain.split(" = ") for chain in CHAIN.findall(text)]


def independent(quantity):
    """The value of a quantity from its givens alone."""
    if quantity.how is None:
        return Fraction(quantity.value)
    op, left, right, _ = quantity.how
    return Fraction(OPERATORS[op](independent(left), independent(right)))


def test_spelled_sums_hold():
    r = random.Random(1)
    for _ in range(3000):
        op = r.choice("+-*/")
        a, b = r.randint(1, r.choice((12, 99, 2000))), r.randint(1, r.choice((12, 99, 500)))
        a = a * b if op == "/" else max(a, b) if op == "-" else a
        parts = arithmetic.spelled(a, op, b).split(" = ")
        assert parts[0] == f"{a} {op} {b}"
        assert {value(part) for part in parts} == {value(parts[0])}
        assert parts[-1] == str(value(parts[0]))


def test_answers_follow_from_the_facts(problems):
    for story, row in problems:
        assert independent(story.target) == int(row["answer"]) >= 0, row["question"]
        assert 1 <= row["steps"] <= 5


def test_every_equation_of_the_thoughts_holds(problems):
    for _, row in problems:
        found = chains(row["thoughts"])
        assert len(found) >= row["steps"], row["thoughts"]
        for sides in found:
            assert len({value(side) for side in sides}) == 1, (sides, row["thoughts"])
        assert int(row["answer"]) in {value(sides[-1]) for sides in found}


def test_used_numbers_are_in_the_question(problems):
    for story, row in problems:
        text = row["question"].lower()
        for quantity in story.solution()[1]:
            if not quantity.constant and not quantity.always and not quantity.mentioned:
                pytest.fail(f"{quantity.value} is used but not told: {row['question']}")
            if quantity.mentioned and not quantity.always and quantity.value > 20:
                assert str(quantity.value) in text or spell(quantity.value % 100) in text or times(quantity.value) in text or PARTS.get(quantity.value, "-") in text


def test_english(problems):
    bad = re.compile(r"  |[{}<>\[\]|]| ,| \.|\.\.|\b[Aa] [aeio]\w|\b[Aa] (?:8|11|18)\b|\b[Aa]n [bcdfgjklmnpqrstvwxyz]|\b([a-z]+) \1\b|\b1 (?:apples|books|hours|minutes)|\bNone\b|\$\$| 's|s's |\?\.|\.\?")
    fine = re.compile(r"a one|had had|that that|an hour")
    for _, row in problems:
        for text in (row["question"], row["thoughts"]):
            found = bad.search(fine.sub("so", text))
            assert not found, (found, text)
        question = row["question"]
        assert question[0].isupper() or question[0].isdigit() or question[0] == "$", question
        assert ("?" in question or re.search(r"(Find|Work out|Calculate|Determine) (the|my|your|how|what|by how|after how) ", question)) and question[-1] in ".?", question
        for sentence in re.split(r"(?<=[.?]) ", question):
            assert not sentence[0].islower(), sentence


def test_stories_in_the_first_person():
    wrong = re.compile(r"(?<!for )(?<!of )(?<!and )(?<!than )\b(?:I|you) (?:has|is|does|gets|wants|needs|saves|buys|were and)\b|\bI's\b|\bI (?:are|were)\b|\byou (?:am|was)\b|\b(?:of|to|from|for|paid) I\b|\b[Hh]e\b|\b[Hh]is\b|\bhim\b|\bdoes (?:I|you)\b")
    found = 0
    for i in range(4000):
        _, row = told(random.Random(50_000 + i))
        if re.search(r"\bI\b|\b[Mm]y\b", row["question"]):
            found += 1
            assert not wrong.search(row["question"]), row["question"]
            assert not wrong.search(row["thoughts"]), row["thoughts"]
    assert found > 150


def test_held_out_words_are_disjoint():
    assert not set(WOMEN[TRAIN] + MEN[TRAIN]) & HELD_OUT_NAMES
    assert len(WOMEN[TRAIN] + MEN[TRAIN]) >= 80 and len(HELD_OUT_NAMES) >= 25
    objects = {split: {word for kind in NOUNS[split].values() for noun in kind for word in (noun.s, noun.plural)} for split in (TRAIN, EVAL)}
    assert not objects[TRAIN] & objects[EVAL]
    trained, judged, held_out = (set(FAMILIES[use]) for use in (TRAINED, JUDGED, HELD_OUT))
    assert not trained & judged and not (trained | judged) & held_out
    assert len(held_out) >= 8 and len(judged) >= 8 and len(trained) >= 50


def test_no_held_out_name_in_training(built):
    folder, _ = built
    for name in ("train.jsonl", "rl.jsonl", "verifier.jsonl"):
        for row in rows(folder / name):
            assert not HELD_OUT_NAMES & set(re.findall(r"[A-Za-z]+", row["question"])), row["question"]


def test_files(built):
    folder, config = built
    train, rl, verifier, switcher = (rows(folder / f"{name}.jsonl") for name in ("train", "rl", "verifier", "switcher"))
    assert [len(x) for x in (train, rl, verifier)] == [config["train"], config["rl"], config["verifier"]]
    assert {row["source"] for row in train} == {"synthetic", "svamp", "gsm8k"}
    assert all(row["steps"] <= config["rl_max_steps"] for row in rl)
    questions = [{normal(row["question"]) for row in x} for x in (train, rl, verifier)]
    assert not questions[0] & questions[1] and not questions[0] & questions[2] and not questions[1] & questions[2]
    assert {row["needs_reasoning"] for row in switcher} == {0, 1} and {row["split"] for row in switcher} == {"train", "held_out"}
    judged = lambda x: sum(row["family"] in FAMILIES[JUDGED] for row in x)
    generated = [row for row in verifier if row["source"] == "synthetic"]
    assert judged(train) == judged(rl) == 0 and judged(verifier) == int(config["verifier_judged_share"] * len(generated)) > 0
    for row in train:
        assert "<think>" not in row["thoughts"] and "Answer:" not in row["thoughts"]


def test_no_leaks_and_a_planted_one_is_found(built, capsys):
    folder, _ = built
    assert leaks.main([str(folder)]) == 0
    for name, change in (("synthetic", str), ("families", lambda q: re.sub(r"\d+", "77", q)), ("svamp", lambda q: q.upper()), ("chat", str)):
        row = rows(leaks.EVALUATION / f"{name}.jsonl")[3]
        planted = folder / "planted.jsonl"
        planted.write_text(json.dumps({"question": change(leaks.last_text(row)), "source": "svamp"}) + "\n")
        assert leaks.main([str(folder)]) == 1
        assert "planted.jsonl:1" in capsys.readouterr().out
        planted.unlink()


def test_same_seed_same_files_whatever_the_workers(built, tmp_path):
    folder, config = built
    build(config | {"workers": 1}, tmp_path)
    for path in folder.glob("*.jsonl"):
        assert path.read_bytes() == (tmp_path / path.name).read_bytes()


def test_evaluation_sets_are_the_committed_ones():
    from reasoner.data.evaluation import sets
    for name, made in sets().items():
        assert made == rows(leaks.EVALUATION / f"{name}.jsonl"), f"{name}.jsonl differs: run python -m reasoner.data.evaluation"


def test_svamp_plans():
    find = svamp.find_plan
    assert find("Paul had 134 books. After giving 39 books to his friend and selling some he had 68 books left. How many books did he sell?", 27) == [(0, "-", 1), (-1, "-", 2)]
    assert find("2 pens and 4 pencils are there. How many more pencils are there?", 2) is None  # 4 - 2 or 4 / 2
    assert find("7 birds sit there. 5 more come. How many birds are there?", 12) == [(0, "+", 1)]
    trained = [row for row in sources.svamp()[0] if row["answer"].isdigit()]
    planned = [(row, find(row["question"], int(row["answer"]))) for row in trained]
    assert sum(plan is not None for _, plan in planned) > 0.9 * len(planned)
    for i, (row, plan) in enumerate(planned[:200]):
        if plan:
            made = svamp.row(random.Random(i), row["question"], plan, 0.1)
            assert made["answer"] == row["answer"]
            question = svamp.varied(random.Random(i), row["question"], plan)
            if question:
                varied = svamp.row(random.Random(i), question, plan, 0.1)
                assert int(varied["answer"]) > 0
                assert all(len({value(side) for side in sides}) == 1 for sides in chains(varied["thoughts"]))


def test_gsm8k_sums_are_spelled_out():
    spell = lambda text: gsm8k.SUM.sub(gsm8k.spell_out, text)
    assert spell("She pays 24 * 7 = $168 in all.") == "She pays 24 * 7 = 20 * 7 + 4 * 7 = 140 + 28 = $168 in all."
    assert spell("He gets $150 - $30 = $120.") == "He gets 150 - 30 = $120."
    assert spell("That is 1.5 * 4 = 6.") == "That is 1.5 * 4 = 6."
    assert spell("It is 2 + 3 * 4 = 14.") == "It is 2 + 3 * 4 = 14."
    trained, development = sources.gsm8k()
    assert len(development) == 200 and len(trained) > 7000
    assert not {row["question"] for row in trained} & {row["question"] for row in development}


def test_chat_parts_are_disjoint():
    for _, templates, facts in FACTS:
        for items in (templates, facts):
            assert part(items, TRAIN) and part(items, "held_out") and part(items, EVAL)
    made = evaluation_rows()
    assert len(made) == 200 and {row["kind"] for row in made} == set(KINDS) and all(row["needs_reasoning"] == 0 for row in made)


def test_structures_are_many():
    questions = [told(random.Random(i))[1]["question"] for i in range(3000)]
    assert len({structure(question) for question in questions}) > 2200


def test_english_helpers():
    assert tidy("a apple costs a hour. then a unit") == "An apple costs an hour. Then a unit"
    assert conjugate("carry", 0) == "carries" and conjugate("carry", 1) == "carried" and conjugate("give", 1) == "gave"
    assert parse("x [a|b [c|d]] y") == ["x ", (["a"], ["b ", (["c"], ["d"])]), " y"]


def test_gsm8k_with_other_numbers():
    given = {"question": "Tom buys 12 packs of 6 pens for his 4 children. He gives 20 pens away. How many pens does each child get?",
             "solution": "He has 12*6 = 72 pens.\nHe keeps 72 - 20 = 52 pens.\nEach child gets 52 / 4 = 13 pens.", "answer": "13"}
    traced = gsm8k_varied.trace(given)
    for seed in range(20):
        made = gsm8k_varied.varied(random.Random(seed), traced)
        a, b, c, d = (int(n) for n in re.findall(r"\d+", made["question"]))
        assert int(made["answer"]) == Fraction(a * b - d, c) > 0
        assert made["solution"].startswith(f"He has {a}*{b} = {a * b} pens.")
        assert all(len({value(side) for side in sides}) == 1 for sides in chains(gsm8k.row(random.Random(seed), made, 0)["thoughts"]))
    for question, solution in (("He has 3 cats and 3 dogs. How many animals?", "3 + 3 = 6"), ("He has 50% of 20. How many?", "20 * 0.5 = 10"), ("He has 8 and twice 2. How many?", "8 + 2 * 2 = 12"), ("He has 8 apples and a score. How many?", "8 + 20 = 28")):
        with pytest.raises((gsm8k_varied.Opaque, ValueError)):
            gsm8k_varied.trace({"question": question, "solution": solution, "answer": solution.split()[-1]})
