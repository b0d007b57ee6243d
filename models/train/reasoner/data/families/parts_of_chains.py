"""Endings that fit any count of things `{x}`, whoever has them."""

from ..english import PARTS
from ..story import Unfit
from .why import WHY


def total_asked(s, cur):
    s.ask(cur, "[How many {x} are there in all?|What is the total number of {x}?|How many {x} is that altogether?]", "the total number of {x}")


def some_special(s, cur):
    word, rest = s.pick(("new", "not new"), ("marked with a star", "not marked with a star"), ("in another town", "not in another town"), ("on a list", "not on a list"))
    b = s.given(s.draw(2, cur.value - 1), f"{{it}} of the {{x}} are {word}")
    s.say(f"[{{b}} of the {{x}} <+be> {word}.|Of all the {{x}}, {{b}} <+be> {word}.]", b=b)
    left = s.derive(cur, "-", b, f"the number of {{x}} that are {rest}", WHY["lose"])
    s.ask(left, f"How many {{x}} are {rest}?", f"the number of {{x}} that are {rest}")


def part_special(s, cur):
    n = s.divisor(cur.value, 2, 6)
    if n not in PARTS:
        raise Unfit("no word")
    word = s.pick("new", "old", "small", "large")
    k = s.given(n, mention=True)
    k.fact = s.plainly(f"{PARTS[n]} of the {{x}} are {word}")
    s.say(f"[{PARTS[n]} of the {{x}} <+be> {word}.|{PARTS[n]} of them <+be> {word}.]")
    part = s.derive(cur, "/", k, f"the number of {word} {{x}}", WHY["part"])
    if s.chance(0.5):
        s.ask(part, f"How many {{x}} are {word}?", f"the number of {word} {{x}}")
        return
    left = s.derive(cur, "-", part, f"the number of {{x}} that are not {word}", WHY["lose"])
    s.ask(left, f"How many {{x}} are not {word}?", f"the number of {{x}} that are not {word}")


def some_more(s, cur):
    b = s.given(s.amount(2, 60), "{it} more {x} are added")
    s.say("[Then {b} more {x} <+be> added.|Later, {b} more {x} <+come>.|{b} {x} <+be> added to this.]", b=b)
    total_asked(s, s.derive(cur, "+", b, "the number of {x} with the new ones", WHY["gain"]))


def regrouped(s, cur):
    k = s.given(s.divisor(cur.value, 2, 15), "they are put into groups of {it}")
    s.say("[The {x} <+be> now put into groups of {k}.|All of them <+be> sorted again, {k} in each group.]", k=k)
    n = s.derive(cur, "/", k, "the number of groups", WHY["fill"])
    s.ask(n, "[How many groups are there then?|How many groups does this give?]", "the number of groups")


def use_or_pack(s, cur):
    s.pick(total_asked, total_asked, some_special, part_special, some_more, regrouped)(s, cur)
