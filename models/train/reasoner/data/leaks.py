"""`python -m reasoner.data.leaks DIR`: is any evaluation problem in the training files of DIR? Non-zero exit with the offending lines.

Three ways to be the same: the same words and numbers (all sets); the same words once numbers and names are masked (held-out families, SVAMP, GSM8K);
a long run of the same words (held-out families and GSM8K 13, SVAMP 20, as its problems are variants of common stories).
Rows of the generator must not show a held-out name either.
"""

import json
import sys
from pathlib import Path

from .text import masked, ngrams, normal
from .words import HELD_OUT_NAMES

EVALUATION = Path(__file__).resolve().parents[3] / "eval"
MASKED = ("families", "svamp", "gsm8k")
LONG = {"families": 13, "gsm8k": 13, "svamp": 20}


def last_text(row):
    """The question, or the last message of a chat."""
    return row["question"] if "question" in row else row["messages"][-1]["content"]


class Guard:
    """Knows the evaluation problems."""

    def __init__(self, folder=EVALUATION):
        self.exact, self.masked, self.long = {}, {}, {n: {} for n in set(LONG.values())}
        for path in sorted(Path(folder).glob("*.jsonl")):
            with open(path, encoding="utf-8") as file:
                for row in map(json.loads, file):
                    self.add(path.stem, last_text(row))

    def add(self, name, text):
        plain = normal(text)
        self.exact[plain] = name
        if name in MASKED:
            self.masked[masked(text)] = name
        if name in LONG:
            self.long[LONG[name]].update(dict.fromkeys(ngrams(plain, LONG[name]), name))

    def leak(self, text):
        """What the text shares with an evaluation problem, or None."""
        plain = normal(text)
        if plain in self.exact:
            return f"the text of a problem in {self.exact[plain]}"
        blank = masked(text)
        if blank in self.masked:
            return f"a problem in {self.masked[blank]} but for numbers and names"
        for n, known in self.long.items():
            for gram in ngrams(plain, n):
                if gram in known:
                    return f"{n} words in a row of a problem in {known[gram]}: {' '.join(gram)}"
        return None


def check_file(path, guard):
    """One message for each offending line."""
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            row = json.loads(line)
            text = last_text(row)
            found = guard.leak(text)
            if found is None and row.get("source") == "synthetic" and HELD_OUT_NAMES & set(text.replace("'", " ").replace(".", " ").replace(",", " ").replace("?", " ").split()):
                found = "a held-out name"
            if found:
                yield f"{path.name}:{number}: {found} | {text}"


def main(arguments):
    if len(arguments) != 1:
        print("usage: python -m reasoner.data.leaks DIR", file=sys.stderr)
        return 2
    files = sorted(Path(arguments[0]).glob("*.jsonl"))
    if not files:
        print(f"no .jsonl files in {arguments[0]}; write them with python -m reasoner.data", file=sys.stderr)
        return 2
    guard = Guard()
    offending = [message for path in files for message in check_file(path, guard)]
    for message in offending:
        print(message)
    print(f"{len(files)} files, {len(guard.exact)} evaluation problems, {len(offending)} leaks")
    return 1 if offending else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
