"""Families made of freely combined events, also across themes: things that are sold and the money spent, money that buys things and what becomes of them."""

from . import counts, money, more_counts  # noqa: F401  (more_counts adds its events to counts)
from .registry import family
from .why import WHY


@family(weight=9)
def count_chain(s):
    counts.compose(s)


@family(weight=6)
def money_chain(s):
    money.compose(s)


def sell_and_go_on(s, cur):
    price = s.given(s.draw(2, 12), "each is sold for {it}", unit="$")
    s.say("[{p.i} <sell> all the {x} for {m} each.|Then {p.i} <sell> every one of them at {m} apiece.|At a market, {p.i} <sell> all of them for {m} each.]", m=price)
    earned = s.derive(cur, "*", price, "the money {p} gets for the {x}", WHY["price"], unit="$")
    s.values.pop("other", None)
    money.go_on(s, earned, s.kinds, 1)


@family(weight=4)
def things_to_money(s):
    counts.compose(s, max_changes=1, end=sell_and_go_on)


@family(weight=3)
def money_to_things(s):
    """Money that buys things, which are then shared out, packed or compared."""
    s.person("p")
    begin = s.r.choice(money.SOURCES)
    cur = begin(s)
    s.noun("x", "thing", "food", "school", "ware")
    price = s.given(s.divisor(cur.value, 2, 15), "one {x.s} costs {it}", unit="$")
    s.say("[{p.i} <spend> all of it on {x} that <+cost> {m} each.|With all this money, {p.i} <buy> {x} at {m} apiece.]", m=price)
    things = s.derive(cur, "/", price, "the number of {x} {p} buys", WHY["afford"])
    s.values.pop("other", None)
    end = s.r.choice([e for e in counts.ENDINGS if e.__name__ not in ("final", "sold", "than_at_first", "cost_of_all")])
    s.kinds = [begin.__name__, "buys", end.__name__]
    end(s, things)
