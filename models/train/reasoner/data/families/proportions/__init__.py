"""Proportions: one scaled to many, rates of work alone and together, regular steps, equal totals, sharing by more or fewer, exchange; each in many themes."""

from . import uses, work, one_rate, growth, equal_totals, sharing, exchange  # noqa: F401, I001  (they register their families; draws depend on the order)
