"""Families made of freely combined events."""

from . import counts
from .registry import family


@family(weight=3)
def count_chain(s):
    counts.compose(s)
