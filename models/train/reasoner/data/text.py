"""Texts compared: normalised, with numbers and names masked, and as long n-grams."""

import random
import re

from .words import EVAL, MEN, NOUNS, SVAMP_MEN, SVAMP_WOMEN, TRAIN, WOMEN

WORD = re.compile(r"[a-z]+|\d+")
NAMES = frozenset(n.lower() for table in (WOMEN, MEN) for split in (TRAIN, EVAL) for n in table[split]) | {n.lower() for n in SVAMP_WOMEN | SVAMP_MEN}
NUMBER_WORDS = frozenset("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety".split())
OBJECTS = sorted({word.lower() for split in (TRAIN, EVAL) for kind in NOUNS[split].values() for noun in kind for word in (noun.s, noun.plural)}, key=len, reverse=True)
OBJECT = re.compile(r"\b(?:" + "|".join(map(re.escape, OBJECTS)) + r")\b")


def rng(seed, stream, index):
    """The random numbers of one row: by its seed, its stream and its index alone."""
    return random.Random((seed * 64 + stream) * 100_000_007 + index)


def normal(text):
    """Lower case, words and numbers only."""
    return " ".join(WORD.findall(text.lower().replace(",", "")))


PIECE = re.compile(r"\d|[A-Za-z]+|[^\sA-Za-z\d]")


def pieces(text):
    """About the number of tokens: words, single digits and signs."""
    return len(PIECE.findall(text))


def masked(text, names=NAMES):
    """Normalised, numbers as #, names as @."""
    return " ".join("#" if w.isdigit() or w in NUMBER_WORDS else "@" if w in names else w for w in normal(text).split())


def structure(text):
    """Masked, and objects of the lists as *: what is left of a generated problem without its names, objects and numbers."""
    return masked(OBJECT.sub("*", text.lower()).replace("*", " qqq ")).replace("qqq", "*").replace(" she ", " he ").replace(" her ", " his ").replace(" him ", " his ")


def ngrams(text, n):
    words = text.split()
    return {tuple(words[i:i + n]) for i in range(len(words) - n + 1)}
