"""Parts, fractions and percents of a number of things or of money."""

from ..english import PARTS, spell
from ..story import Unfit
from .registry import family
from .why import WHY

SORTS = (("red", "blue"), ("new", "old"), ("large", "small"), ("green", "yellow"), ("white", "brown"), ("heavy", "light"), ("cheap", "expensive"))
PEOPLE = (("students", "walk to school", "take the bus"), ("workers", "work at night", "work by day"), ("children", "can swim", "cannot swim"), ("guests", "drink tea", "drink coffee"), ("members", "play chess", "play cards"), ("visitors", "come by train", "come by car"), ("campers", "sleep in tents", "sleep in huts"))
PERCENT = {10: (10, 1), 20: (5, 1), 25: (4, 1), 50: (2, 1), 30: (10, 3), 40: (10, 4), 60: (10, 6), 70: (10, 7), 80: (10, 8), 90: (10, 9), 75: (4, 3), 5: (20, 1)}
NAMED = {(2, 3): "two thirds", (3, 4): "three fourths", (2, 5): "two fifths", (3, 5): "three fifths", (4, 5): "four fifths", (3, 8): "three eighths", (5, 6): "five sixths", (3, 10): "three tenths"}


def written(top, bottom, r):
    """The fraction in words or digits."""
    word = PARTS.get(bottom) if top == 1 else NAMED[top, bottom]
    return word if word and r.random() < 0.6 else f"{top}/{bottom}"


def take(s, whole, top, bottom, what, unit=""):
    """`top/bottom` of the quantity, in one step or two."""
    k = s.given(bottom, mention=True)
    k.fact = ""
    part = s.derive(whole, "/", k, f"1/{bottom} of {whole.value}" if top > 1 else what, WHY["part"], unit=unit)
    if top == 1:
        return part
    n = s.given(top, mention=True)
    return s.derive(part, "*", n, what, WHY["parts"], unit=unit)


def percent_of(s, whole, percent, what, unit=""):
    """A percentage, by way of a simple part: 30% is three times a tenth."""
    bottom, top = PERCENT[percent]
    k = s.known(bottom, "")
    simple = s.pick(f"{100 // bottom}% means one part out of {bottom}, so divide by {bottom}", f"{100 // bottom}% is 1/{bottom} of the whole, so divide by {bottom}", f"100% split into {bottom} parts gives {100 // bottom}%, so divide by {bottom}")
    part = s.derive(whole, "/", k, f"{100 // bottom}% of {whole.value}" if top > 1 else what, simple, unit=unit)
    if top == 1:
        return part
    return s.derive(part, "*", s.known(top, ""), what, f"{percent}% is {top} times {100 // bottom}%, so multiply by {top}", unit=unit)


@family(weight=2)
def fraction_of_things(s):
    s.person("p")
    s.noun("x", "thing", "school", "food", "flower", "ware")
    bottom = s.pick(2, 3, 4, 5, 6, 8, 10)
    top = s.pick(*[t for t in range(1, bottom) if t == 1 or (t, bottom) in NAMED])
    a, b = s.r.choice(SORTS)
    whole = s.given(bottom * s.draw(2, 20), "there are {it} {x}")
    text = written(top, bottom, s.r)
    s.say(f"[{{p}} <have> {{n}} {{x}}, and {text} of them <+be> {a}.|There <+be> {{n}} {{x}} on a table. {text} of the {{x}} <+be> {a}.|{{p}} <look> at {{n}} {{x}} and <see> that {text} of them <+be> {a}.]", n=whole)
    part = take(s, whole, top, bottom, f"the number of {a} {{x}}")
    (s.givens[-1]).fact = s.plainly(f"{top}/{bottom} of them are {a}")
    mode = s.pick("part", "rest", "rest", "other")
    if mode == "part":
        s.ask(part, f"How many of the {{x}} <+be> {a}?", f"the number of {a} {{x}}")
        return
    rest = s.derive(whole, "-", part, f"the number of {{x}} that are not {a}", WHY["missing"])
    if mode == "rest":
        s.ask(rest, f"[How many of the {{x}} <+be> not {a}?|How many {{x}} <+be> not {a}?]", f"the number of {{x}} that are not {a}")
        return
    c = s.given(s.draw(2, max(2, rest.value - 1)), f"{{it}} of the others are {b}")
    s.say(f"Of the other {{x}}, {{c}} <+be> {b}.", c=c)
    left = s.derive(rest, "-", c, f"the number of {{x}} that are neither {a} nor {b}", WHY["lose"])
    s.ask(left, f"How many {{x}} <+be> neither {a} nor {b}?", f"the number of {{x}} that are neither {a} nor {b}")


@family(weight=1.2)
def percent_of_people(s):
    who, does, other = s.r.choice(PEOPLE)
    s.values["x"] = who
    percent = s.r.choice(list(PERCENT))
    bottom, _ = PERCENT[percent]
    whole = s.given(bottom * s.draw(2, 30), "there are {it} {x}")
    s.say(f"[There are {{n}} {{x}}, and {percent}% of them {does}.|Of {{n}} {{x}}, {percent}% {does}.|{percent}% of {{n}} {{x}} {does}.]" + s.pick("", f" The others {other}."), n=whole)
    told = s.given(percent, always=True)
    told.fact = s.plainly(f"{percent}% of them {does}")
    part = percent_of(s, whole, percent, f"the number of {{x}} who {does}")
    if s.chance(0.45):
        s.ask(part, f"How many {{x}} {does}?", f"the number of {{x}} who {does}")
    else:
        rest = s.derive(whole, "-", part, f"the number of {{x}} who do not {does.replace('can swim', 'swim')}", WHY["missing"])
        ask = f"How many {{x}} do not {does}?" if not does.startswith("can") else "How many {x} cannot swim?"
        s.ask(rest, ask, f"the number of the other {{x}}")


@family(weight=1.5)
def discount(s):
    s.person("p")
    s.noun("x", "costly", "ware")
    percent = s.r.choice([k for k in PERCENT if k <= 75])
    bottom, _ = PERCENT[percent]
    price = s.given(bottom * s.draw(1, 20), "the usual price of the {x.s} is {it}", unit="$")
    up = s.chance(0.25)
    told = s.given(percent, always=True)
    word = "rise" if up else "discount"
    told.fact = s.plainly(f"the {word} is {percent}%")
    if up:
        s.say(f"[A {{x.s}} <cost> {{m}}. Then the price <go> up by {percent}%.|The price of a {{x.s}} <be> {{m}}, but now it is {percent}% higher.]", m=price)
    else:
        s.say(f"[A {{x.s}} usually <cost> {{m}}, but today it is {percent}% off.|The normal price of a {{x.s}} <be> {{m}}. In a sale there <be> a discount of {percent}%.|{{p}} <buy> a {{x.s}} with a price of {{m}} and <get> {percent}% off.]", m=price)
    part = percent_of(s, price, percent, f"the {word} in dollars", unit="$")
    new = s.derive(price, "+" if up else "-", part, "the new price", WHY["gain" if up else "spend"], unit="$")
    mode = s.pick("price", "price", "part", "several", "change")
    if mode == "part":
        s.ask(part, "[How many dollars are saved?|How much money does the sale save?]" if not up else "By how many dollars does the price rise?", f"the {word} in dollars")
    elif mode == "price":
        s.ask(new, "[What is the new price?|How much does the {x.s} cost now?|How many dollars does one {x.s} cost after that?]", "the new price")
    elif mode == "several":
        n = s.given(s.draw(2, 6), "{p} buys {it} {x}")
        s.say("[{p} <buy> {n} {x} at this price.|At the new price, {p} <buy> {n} {x}.]", n=n)
        cost = s.derive(new, "*", n, "the cost of the {x}", WHY["price"], unit="$")
        s.ask(cost, "[How much does {p} pay in all?|How many dollars does {p.i} pay?]", "what {p} pays in all")
    else:
        m = s.given(new.value + s.draw(3, 60), "{p} has {it}", unit="$")
        s.say("[{p} <have> {m} and <buy> one at the new price.|{p} <buy> it and <pay> with {m}.]", m=m)
        left = s.derive(m, "-", new, "the money {p} has left", WHY["spend"], unit="$")
        s.ask(left, "[How many dollars does {p} have left?|How much money is left?]", "the money left")


@family(weight=1.3)
def part_then_part(s):
    """A part goes, then a part of what is left."""
    s.person("p"), s.person("g")
    s.noun("x", "thing", "food", "school", "baked")
    first, second = s.pick(2, 3, 4, 5), s.pick(2, 3, 4)
    whole = s.given(first * second * s.draw(2, 12), "{p} has {it} {x}")
    rest_of = (whole.value - whole.value // first)
    if rest_of % second:
        raise Unfit("no whole part")
    s.say(f"[{{p}} <have> {{n}} {{x}}. {{p.i}} <give> {PARTS[first]} of them to {{g}}. Then {{p.i}} <use> {PARTS[second]} of the rest.|{{p}} <give> {PARTS[first]} of {{p.his}} {{n}} {{x}} to {{g}} and later <sell> {PARTS[second]} of what <be> left.]", n=whole)
    part = take(s, whole, 1, first, "the number of {x} given to {g}")
    s.givens[-1].fact = s.plainly(f"{PARTS[first]} of them go to {{g}}")
    rest = s.derive(whole, "-", part, "the number of {x} left after that", WHY["lose"])
    again = take(s, rest, 1, second, f"{PARTS[second]} of the rest")
    s.givens[-1].fact = s.plainly(f"{PARTS[second]} of the rest are used or sold")
    if s.chance(0.3):
        s.ask(again, f"How many {{x}} did {{p}} {'use' if 'use' in s.sentences[-1] else 'sell'}?", "the number of {x} in the second part")
        return
    left = s.derive(rest, "-", again, "the number of {x} left in the end", WHY["lose"])
    s.ask(left, "[How many {x} does {p} have in the end?|How many {x} are left?|How many {x} does {p} still have?]", "the number of {x} left in the end")


@family(weight=1.5)
def whole_from_part(s):
    """The part is given and the whole is asked."""
    s.person("p")
    s.noun("x", "thing", "food", "school", "ware")
    bottom = s.pick(2, 3, 4, 5, 6, 10)
    a, _ = s.r.choice(SORTS)
    part = s.given(s.draw(3, 30), f"{{it}} {{x}} are {a}")
    k = s.given(bottom, mention=True)
    k.fact = s.plainly(f"these are {PARTS[bottom]} of all")
    s.say(f"[{PARTS[bottom]} of {{p.my}} {{x}} <+be> {a}. There <+be> {{n}} {a} {{x}}.|{{p}} <have> {{n}} {a} {{x}}, which <be> {PARTS[bottom]} of all {{p.his}} {{x}}.]", n=part)
    whole = s.derive(part, "*", k, "the number of all the {x}", WHY["undo_share"])
    if s.chance(0.5):
        s.ask(whole, "[How many {x} does {p} have in all?|What is the number of all {p.my} {x}?]", "the number of all the {x}")
    else:
        rest = s.derive(whole, "-", part, f"the number of {{x}} that are not {a}", WHY["missing"])
        s.ask(rest, f"How many of {{p.my}} {{x}} are not {a}?", f"the number of {{x}} that are not {a}")


@family(weight=1.5)
def three_parts(s):
    """A fraction, a number, and the rest."""
    who = s.pick("students", "children", "people", "guests", "workers")
    s.values["x"] = who
    first, second, third = s.r.sample(("apple juice", "water", "milk", "tea", "lemonade", "orange juice"), 3)
    bottom = s.pick(2, 3, 4, 5)
    whole = s.given(bottom * s.draw(4, 25), "there are {it} {x}")
    b = s.given(s.draw(2, whole.value - whole.value // bottom - 2), f"{{it}} {{x}} like {second} best")
    s.say(f"[Of {{n}} {{x}}, {PARTS[bottom]} like {first} best and {{b}} like {second} best. The others like {third} best.|{{n}} {{x}} were asked for their favorite drink. {PARTS[bottom]} of them named {first}, {{b}} named {second}, and the rest named {third}.]", n=whole, b=b)
    part = take(s, whole, 1, bottom, f"the number of {{x}} for {first}")
    s.givens[-1].fact = s.plainly(f"{PARTS[bottom]} like {first} best")
    both = s.derive(part, "+", b, f"the number for {first} and {second}", WHY["together"])
    rest = s.derive(whole, "-", both, f"the number of {{x}} for {third}", WHY["missing"])
    s.ask(rest, f"[How many {{x}} like {third} best?|How many of the {{x}} chose {third}?]", f"the number of {{x}} for {third}")
