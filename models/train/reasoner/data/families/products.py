"""Products combined with a second number, in many places: n groups of k with some taken off or added, all but some of the groups, a stock used in equal portions,
two kinds with different values, and what each of many does day by day. Any of the quantities can be the asked one."""

import re

from ..english import VERB, conjugate, plural_verb
from ..story import Person, Unfit
from .one_step import aside
from .product_themes import DAILY, GROUPS, KINDS, STOCK
from .registry import family
from .why import WHY

NEEDS_NUMBER = re.compile(r"\bAll\b|Only|(?:[Aa]nother|front|[Tt]he|last|of|is|smallest|but|except|are) \{e\}|in pots|\[")


def beside(s, theme, chance=0.22):
    """Perhaps a number of the theme that does not matter."""
    if not theme.beside or not s.chance(chance):
        aside(s, 0.12)
        if "y" in s.values and s.values["y"].plural in repr(theme):
            raise Unfit("the things beside are those of the theme")
        return
    sentence = s.pick(*theme.beside)
    d = s.given(s.draw(12, 60))
    s.say(sentence, d=d)
    fact = VERB.sub(lambda m: plural_verb(m[2], False) if m[1] else conjugate(m[2], False), sentence.rstrip("."))
    s.fact(d, (fact[0].lower() + fact[1:]).replace("{d}", "{it}"))


def without_number(say):
    """The sentences of a choice that stay good with `some` for their number, as one choice; "" if there are none."""
    options = say[1:-1].split("|") if say.startswith("[") else [say]
    fitting = [option.replace("{e}", "some") for option in options if not NEEDS_NUMBER.search(option)]
    return "[" + "|".join(fitting) + "]" if fitting else ""


def some_beside(s, second, unit):
    """Perhaps says that there is a second number, without telling it."""
    vague = "" if unit else without_number(second.say)
    if vague and s.chance(0.7):
        s.say(vague)


def joined(s, word):
    """Perhaps makes one sentence of the first two, if there are just these and both are plain."""
    if len(s.sentences) != 2 or not s.chance(0.25):
        return
    first, second = s.sentences
    if not any(stop in text for text in (first, second) for stop in (". ", ", ", ":")):
        names = tuple(value.name for value in s.values.values() if isinstance(value, Person))
        s.sentences = [f"{first[:-1]}, {word} " + (second if second.startswith(names) else second[0].lower() + second[1:])]


def small_or_any(s, low, high):
    """A number of the range, more often a small one."""
    return s.draw(low, max(low, min(high, s.pick(12, 40, high))))


def in_groups(s, t, unknown):
    """Says how the groups are; returns n, k and their values. The unknown one is not told and None."""
    a, b = s.draw(*t.n), s.draw(*t.k)
    n = None if unknown == "n" else s.given(a, t.n_fact)
    k = None if unknown == "k" else s.given(b, t.k_fact, unit=t.unit)
    s.say(t.same if not k else t.size if not n else t.both, n=n, k=k)
    beside(s, t)
    return n, k, a, b


def with_second(s, key, op, back, why, why_back, why_second):
    """n groups of k and a second number, taken off or on top: asked is the outcome, the second number, n, k, or just the product."""
    t = s.r.choice([theme for theme in GROUPS if getattr(theme, key)])
    second = getattr(t, key)
    s.person("p")
    mode = s.pick("end", "end", "end", "second", "n", "k") if s.chance(0.94) else "total"
    n, k, a, b = in_groups(s, t, mode)
    amount = small_or_any(s, 2, a * b - 2 if op == "-" else max(40, a * b))
    product = s.derive(n, "*", k, t.total, WHY["groups"], unit=t.unit) if n and k else None
    if mode == "second":
        some_beside(s, second, t.unit)
    else:
        e = s.given(amount, second.fact, unit=t.unit)
        s.say(second.say, e=e)
        joined(s, "but" if op == "-" else "and")
    if mode == "total":
        s.ask(product, t.ask, t.total)
        return
    if mode == "end":
        s.ask(s.derive(product, op, e, second.name, why, unit=t.unit), second.ask, second.name)
        return
    r = s.given(a * b - amount if op == "-" else a * b + amount, second.end_fact, unit=t.unit)
    s.say(second.end, r=r)
    if mode == "second":
        high, low = (product, r) if op == "-" else (r, product)
        s.ask(s.derive(high, "-", low, second.second, why_second, unit=t.unit), second.ask_second, second.second)
        return
    whole = s.derive(r, back, e, t.total, why_back, unit=t.unit)
    if mode == "n":
        s.ask(s.derive(whole, "/", k, t.name_n, WHY["fill"]), t.ask_n, t.name_n)
    else:
        s.ask(s.derive(whole, "/", n, t.name_k, WHY["share"], unit=t.unit), t.ask_k, t.name_k)


@family(weight=2.5)
def groups_less(s):
    with_second(s, "off", "-", "+", WHY["lose"], WHY["undo_loss"], WHY["change_down"])


@family(weight=2.2)
def groups_more(s):
    with_second(s, "plus", "+", "-", WHY["together"], WHY["missing"], WHY["missing"])


@family(weight=1.5)
def groups_but_some(s):
    """All but some of n groups of k."""
    t = s.r.choice([theme for theme in GROUPS if theme.but])
    but = t.but
    s.person("p")
    mode = s.pick("end", "end", "end", "second", "n", "k")
    n, k, a, b = in_groups(s, t, mode)
    if a < 4:
        raise Unfit("too few groups")
    off = s.draw(2, a - 2)
    if mode == "second":
        some_beside(s, but, "")
    else:
        e = s.given(off, but.fact)
        s.say(but.say, e=e)
        joined(s, "but")
    if mode == "end":
        active = s.derive(n, "-", e, but.active, WHY["lose"])
        s.ask(s.derive(active, "*", k, but.name, WHY["groups"]), but.ask, but.name)
        return
    r = s.given((a - off) * b, but.end_fact)
    s.say(but.end, r=r)
    if mode == "k":
        active = s.derive(n, "-", e, but.active, WHY["lose"])
        s.ask(s.derive(r, "/", active, t.name_k, WHY["share"]), t.ask_k, t.name_k)
        return
    active = s.derive(r, "/", k, but.active, WHY["fill"])
    if mode == "n":
        s.ask(s.derive(active, "+", e, t.name_n, WHY["together"]), t.ask_n, t.name_n)
    else:
        s.ask(s.derive(n, "-", active, but.second, WHY["missing"]), but.ask_second, but.second)


@family(weight=2.3)
def stock_in_portions(s):
    """A stock of t less n portions of k; any of the four is asked."""
    t = s.r.choice(STOCK)
    s.person("p")
    mode = s.pick("r", "r", "r", "t", "n", "k")
    a, b = s.draw(*t.n), s.draw(*t.k)
    rest = small_or_any(s, 2, min(t.most - a * b, max(30, a * b)))
    fact_t, fact_n, fact_k, fact_r = t.facts
    name_r, name_t, name_n, name_k = t.names
    ask_r, ask_t, ask_n, ask_k = t.asks
    if mode == "t":
        s.say(t.some)
    else:
        whole = s.given(a * b + rest, fact_t, unit=t.unit)
        s.say(t.start, t=whole)
    n = None if mode == "n" else s.given(a, fact_n)
    k = None if mode == "k" else s.given(b, fact_k, unit=t.unit)
    s.say(t.use_size if not n else t.use_same if not k else t.use, n=n, k=k)
    joined(s, "and")
    beside(s, t)
    used = s.derive(n, "*", k, t.used, WHY["groups"], unit=t.unit) if n and k else None
    if mode == "r":
        s.ask(s.derive(whole, "-", used, name_r, WHY["lose"], unit=t.unit), ask_r, name_r)
        return
    r = s.given(rest, fact_r, unit=t.unit)
    s.say(t.left, r=r)
    if mode == "t":
        s.ask(s.derive(used, "+", r, name_t, WHY["undo_loss"], unit=t.unit), ask_t, name_t)
        return
    used = s.derive(whole, "-", r, t.used, WHY["change_down"], unit=t.unit)
    if mode == "n":
        s.ask(s.derive(used, "/", k, name_n, WHY["fill"]), ask_n, name_n)
    else:
        s.ask(s.derive(used, "/", n, name_k, WHY["share"], unit=t.unit), ask_k, name_k)


@family(weight=3)
def two_kinds(s):
    """Some of one kind and some of another, each with its own value: the sum, a count, a value, the difference or equal shares."""
    t = s.r.choice(KINDS)
    s.person("p")
    mode = s.pick("total", "total", "count", *(("value",) if t.only else ()), "gap", *(("share",) if t.share else ()))
    single = bool(t.single) and mode in ("total", "count") and s.chance(0.6)
    a, b = s.draw(*t.u), 1 if single else s.draw(*t.v)
    fact_u, fact_v, fact_i, fact_j, fact_t = t.facts
    name_u, name_v, name_t, name_j, name_value = t.names
    ask_t, ask_j, ask_value = t.asks
    if t.fixed:
        a, b = t.fixed
        u, v = s.known(a, s.plainly(fact_u, it=a)), s.known(b, s.plainly(fact_v, it=b))
    else:
        if a <= b:
            raise Unfit("the first kind is worth more")
        u = s.given(a, fact_u, unit=t.unit)
        v = None if mode == "value" or single else s.given(b, fact_v, unit=t.unit)
    i, j = s.given(s.draw(*t.i), fact_i), s.draw(*t.j)
    count = i.value * a + j * b
    j = s.given(j, fact_j) if mode != "count" else None
    told = [lambda: s.say(t.single if single else t.values if v else t.only, u=u, v=v)] if t.values else []
    told.append(lambda: s.say(t.counts if j else t.first, i=i, j=j))
    if s.chance(0.25):
        told.reverse()
    for sentence in told:
        sentence()
    times_u, times_v, by_v = (f"{u.fact}, so we multiply {{a}} by {{b}}", f"{v.fact}, so we multiply {{a}} by {{b}}", f"{v.fact}, so we divide {{a}} by {{b}}") if t.fixed else (WHY["each"], WHY["each"], WHY["fill"])
    first = s.derive(i, "*", u, name_u, times_u, unit=t.unit)
    if mode in ("count", "value"):
        total = s.given(count, fact_t, unit=t.unit)
        s.say(t.total, t=total)
        beside(s, t)
        rest = s.derive(total, "-", first, name_j if single else name_v, WHY["missing"], unit="" if single else t.unit)
        if mode == "value":
            s.ask(s.derive(rest, "/", j, name_value, WHY["share"], unit=t.unit), ask_value, name_value)
        elif single:
            s.ask(rest, ask_j, name_j)
        else:
            s.ask(s.derive(rest, "/", v, name_j, by_v), ask_j, name_j)
        return
    if mode != "share":
        beside(s, t)
    if single:
        s.ask(s.derive(first, "+", j, name_t, "each of the other kind counts one, so we add {b} for them", unit=t.unit), ask_t, name_t)
        return
    second = s.derive(j, "*", v, name_v, times_v, unit=t.unit)
    if mode == "gap" and first.value != second.value:
        high, low, (question, name) = (first, second, t.gap[0]) if first.value > second.value else (second, first, t.gap[1])
        s.ask(s.derive(high, "-", low, name, WHY["difference"], unit=t.unit), question, name)
        return
    whole = s.derive(first, "+", second, name_t, WHY["together"], unit=t.unit)
    if mode != "share":
        s.ask(whole, ask_t, name_t)
        return
    sentence, fact, name, question = t.share
    c = s.given(s.divisor(whole.value, 2, 10), fact)
    s.say(sentence, c=c)
    beside(s, t)
    s.ask(s.derive(whole, "/", c, name, WHY["share"], unit=t.unit), question, name)


@family(weight=1.5)
def each_every_day(s):
    """What each of n does m times in each of k periods; any of the numbers is asked."""
    t = s.r.choice(DAILY)
    s.person("p")
    mode = s.pick("t", "t", *(("off",) if t.off else ()), "n", "m", "k")
    a = {"n": s.draw(*t.n), "m": s.draw(*t.m), "k": s.draw(*t.k)}
    units = {"m": t.unit, "t": t.unit}
    order = "nmkt"
    given = {c: s.given(a[c], t.facts[order.index(c)], unit=units.get(c, "")) for c in "nmk" if c != mode}
    if mode in ("t", "off"):
        s.say(t.whole, **given)
    else:
        for c in "nmk":
            if c != mode:
                s.say(t.parts[order.index(c)], **{c: given[c]})
        joined(s, "and")
        if mode == "m" and s.chance(0.6):
            s.say("It <be> the same for each of them every time.")
    beside(s, t)
    if mode in ("t", "off"):
        if s.chance(0.6):
            one = s.derive(given["n"], "*", given["m"], t.per, WHY["groups"], unit=t.unit)
            total = s.derive(one, "*", given["k"], t.names[3], WHY["each"], unit=t.unit)
        else:
            one = s.derive(given["m"], "*", given["k"], t.own, WHY["each"], unit=t.unit)
            total = s.derive(one, "*", given["n"], t.names[3], WHY["each"], unit=t.unit)
        if mode == "t":
            s.ask(total, t.asks[3], t.names[3])
            return
        sentence, fact, name, question = t.off
        e = s.given(small_or_any(s, 2, total.value - 2), fact)
        s.say(sentence, e=e)
        s.ask(s.derive(total, "-", e, name, WHY["lose"]), question, name)
        return
    total = s.given(a["n"] * a["m"] * a["k"], t.facts[3], unit=t.unit)
    s.say(t.parts[3], t=total)
    if mode == "k":
        one = s.derive(given["n"], "*", given["m"], t.per, WHY["groups"], unit=t.unit)
        s.ask(s.derive(total, "/", one, t.names[2], WHY["fill"]), t.asks[2], t.names[2])
    elif mode == "n":
        one = s.derive(given["m"], "*", given["k"], t.own, WHY["each"], unit=t.unit)
        s.ask(s.derive(total, "/", one, t.names[0], WHY["fill"]), t.asks[0], t.names[0])
    else:
        per = s.derive(total, "/", given["k"], t.per, WHY["share"], unit=t.unit)
        s.ask(s.derive(per, "/", given["n"], t.names[1], WHY["share"], unit=t.unit), t.asks[1], t.names[1])
