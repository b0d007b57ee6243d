"""Families made of freely combined events."""

from . import counts, money
from .registry import family


@family(weight=3)
def count_chain(s):
    counts.compose(s)


@family(weight=3)
def money_chain(s):
    money.compose(s)
