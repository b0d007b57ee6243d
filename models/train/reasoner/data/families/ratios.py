"""So much for so many, equal parts and a rest, rates over things and days, loads of a whole, stocks that run down; any of the quantities may be asked for. The themes are in `ratios_themes.py`."""

from ..english import choose, parse
from ..story import Unfit
from .one_step import aside
from .proportions.telling import told_last
from .ratios_themes import DAILIES, EQUALITIES, LOADS, SAMES, SCALES, STOCKS
from .registry import family
from .why import WHY

HOW_OFTEN = "[to see how many times {b} {B} fit into {a} {B}, divide|there are several lots of {b} {B} in {a} {B}: divide {a} by {b}|we count how often {b} goes into {a}, so divide]"
TIMES_AS_MUCH = "[so many times as many {B} means so many times the {x}, so multiply|every lot of {B} has the same {x}, so multiply {a} and {b}|both grow by the same factor, so {a} times {b}]"
NO_REST = "[without {rest}, only the equal {many} remain, so take {b} away from {a}|first take {rest} out of {all}: {a} minus {b}|{all} is made of the {many} and {rest}, so subtract {b} from {a}]"
WITH_REST = "[{rest} comes on top of the {many}, so add {b} to {a}|{all} has two parts, the {many} and {rest}, so add]"
TO_REST = "[what the {many} do not make up is {rest}, so subtract {b} from {a}|{all} without the {many} leaves {rest}, so {a} minus {b}]"
MEASURE = {"$": "the dollars for", "children": "the number of children in", "people": "the number of people in", "pages": "the number of pages in", "kilos": "the weight in kilos of",
           "meters": "the length in meters of", "centimeters": "the size in centimeters of", "minutes": "the length in minutes of"}
USED = "[what is not left is used, so subtract {b} from {a}|it went down from {a} to {b}, so the difference is what is gone|the start minus what is left is what was used]"
PER_TIME = "[each {time} takes {b} of it, so divide {a} by {b}|we count how often {b} can be taken from {a}, so divide|{a} at {b} per {time} is a division]"


def clause(s, template, *quantities):
    """One alternative of the clause; it is also the fact of the first quantity."""
    text = choose(s.r, parse(template))
    told_last(s, *quantities)
    if quantities:
        s.fact(quantities[0], text)
    return text


def one_sentence(s, template, facts):
    """A clause with several quantities, which are its facts together or one by one."""
    text = clause(s, template, *facts)
    if s.chance(0.5):
        for quantity, fact in facts.items():
            s.fact(quantity, fact)
    else:
        for quantity in list(facts)[1:]:
            quantity.fact = ""
    return text


def say(s, *clauses, distract=0.12):
    """The clauses as sentences, some of them joined."""
    sentences, joined = [], False
    for i, text in enumerate(clauses):
        joined = bool(sentences) and not joined and s.chance(0.35) and not any(mark in part for part in (sentences[-1], text) for mark in (", ", ": "))
        if joined:
            sentences[-1] += (", and " if i + 1 == len(clauses) else s.pick(", and ", ", and ", "; ")) + text
        else:
            sentences.append(text)
    for i, text in enumerate(sentences):
        s.say(text + ".")
        if i == 0 and len(sentences) > 1:
            aside(s, distract)


def ask(s, target, question, about, before=""):
    text = choose(s.r, parse(question)).rstrip("?") + "?"
    s.ask(target, before + text[0].lower() + text[1:] if before else text, about)


def given(s, key, value, fact=""):
    s.values[key] = quantity = s.given(value, unit=s.values.get("unit", ""))
    if fact:
        s.fact(quantity, fact)
    return quantity


def count(s, key, value, fact=""):
    """A given that is never money."""
    s.values[key] = quantity = s.given(value)
    if fact:
        s.fact(quantity, fact)
    return quantity


def start(s, **values):
    s.person("p")
    s.values.update(values)


# so much for so many


@family(weight=1.6)
def ratio_scaled(s):
    """n take a: what do m take, how many take c, what is left of a stock."""
    t = s.r.choice(SCALES)
    start(s, x=t.x, B=t.B, o=t.o)
    rate, mode = s.draw(t.low, t.high), s.pick("factor", "factor", "unit", "back", "left")
    n = count(s, "n", s.draw(2, 9))
    whole = mode in ("factor", "left") or s.chance(0.4)
    many = n.value * s.draw(2, 7) if whole else s.draw(2, 20)
    if many == n.value or mode == "left" and not t.stock:
        raise Unfit("nothing to scale")
    a = count(s, "a", n.value * rate)
    said = [clause(s, t.told, a, n)]
    if mode == "back":
        c = count(s, "c", many * rate, "[the question is about {c} {x}|now there are {c} {x}]")
        say(s, *said)
        if whole and s.chance(0.5):
            factor = s.derive(c, "/", a, "how many times {a} {x} are in {c} {x}", HOW_OFTEN, B=t.x)
            target = s.derive(n, "*", factor, "the {B} that go with {c} {x}", "[so many times the {x} go with so many times the {B}, so multiply|{b} lots of {a} {B}, so multiply]")
        else:
            per = s.derive(a, "/", n, f"the {{x}} {t.prep} one {{o}}", WHY["share"])
            target = s.derive(c, "/", per, "the {B} that go with {c} {x}", WHY["fill"])
        return ask(s, target, t.back, "the number of {B} that go with {c} {x}")
    m = count(s, "m", many, "[the question is about {m} {B}|now there are {m} {B}]")
    about = f"the {{x}} {t.prep} {{m}} {{B}}"
    if mode == "unit" or s.chance(0.25):
        per = s.derive(a, "/", n, f"the {{x}} {t.prep} one {{o}}", WHY["share"])
        total = s.derive(per, "*", m, about, WHY["each"])
    else:
        factor = s.derive(m, "/", n, "how many times {n} {B} are in {m} {B}", HOW_OFTEN)
        total = s.derive(a, "*", factor, about, TIMES_AS_MUCH)
    if mode == "left":
        h = count(s, "h", total.value + s.draw(2, 40))
        said.insert(s.draw(0, 1), clause(s, t.stock, h))
        say(s, *said)
        return ask(s, s.derive(h, "-", total, f"the {{x}} left after {{m}} {{B}}", WHY["lose"]), t.left, "the {x} left after {m} {B}")
    say(s, *said)
    generic = f"[How many {{x}} is that {t.prep} {{m}} {{B}}|At the same rate, how many {{x}} are there {t.prep} {{m}} {{B}}|What is the number of {{x}} {t.prep} {{m}} {{B}}]"
    ask(s, total, t.much if s.chance(0.8) else generic, "the number of {x} " + t.prep + " {m} {B}")


# equal parts and a rest


@family(weight=1.2)
def ratio_equality(s):
    """k times x and b make c; any of the four is asked for."""
    t = s.r.choice(EQUALITIES)
    unit = "dollars" if t.unit == "$" else t.unit
    money = "$" if t.unit == "$" else ""
    start(s, many=t.many, one=t.one, rest=t.rest, all=t.all, u=MEASURE[t.unit], unit=money)
    k, x, b = s.draw(*t.ks), s.draw(*t.xs), s.draw(*t.bs)
    mode = s.pick("x", "x", "x", "c", "b", "k")
    q = {"k": count(s, "k", k) if mode != "k" else None, "x": given(s, "x", x) if mode != "x" else None,
         "b": given(s, "b", b) if mode != "b" else None, "c": given(s, "c", k * x + b) if mode != "c" else None}
    if mode == "x" and s.chance(0.6):
        said = [one_sentence(s, t.both, {q["k"]: "there are {k} {many}", q["b"]: "{rest} costs {b}" if money else f"{{b}} {unit} are for {{rest}}", q["c"]: "{all} costs {c}" if money else f"{{c}} {unit} are for {{all}}"})]
    else:
        parts = [(text, q[key]) for key, text in (("x", t.each), ("b", t.base), ("c", t.whole)) if q[key]]
        s.r.shuffle(parts)
        said = [clause(s, t.count, q["k"]) if q["k"] else clause(s, t.some), *(clause(s, text, quantity) for text, quantity in parts)]
    say(s, *said)
    together = "{u} all {many} together"
    if mode == "x":
        rest = s.derive(q["c"], "-", q["b"], together, NO_REST, unit=money)
        return ask(s, s.derive(rest, "/", q["k"], "{u} one {one}", WHY["share"], unit=money), t.ask_x, "{u} one {one}")
    if mode == "k":
        rest = s.derive(q["c"], "-", q["b"], together, NO_REST, unit=money)
        return ask(s, s.derive(rest, "/", q["x"], "the number of {many}", WHY["fill"]), t.ask_k, "the number of {many}")
    rest = s.derive(q["k"], "*", q["x"], together, WHY["each"], unit=money)
    if mode == "c":
        return ask(s, s.derive(rest, "+", q["b"], "{u} {all}", WITH_REST, unit=money), t.ask_c, "{u} {all}")
    ask(s, s.derive(q["c"], "-", rest, "{u} {rest}", TO_REST, unit=money), t.ask_b, "{u} {rest}")


# two purchases, lengths or times that are equal


@family(weight=0.7)
def ratio_same(s):
    """k things and b are as much as m others at y each; asked is one of the things, or the two sides."""
    t = s.r.choice(SAMES)
    money = "$" if t.unit == "$" else ""
    start(s, many=t.many, one=t.one, others=t.others, other=t.other, u=MEASURE[t.unit], unit=money)
    k, x, m = s.draw(*t.ks), s.draw(*t.xs), s.draw(*t.ms)
    y = s.draw(k * x // m + 1, (k * x + 30) // m)
    b = m * y - k * x
    if b < 2 or k == m or y == x:
        raise Unfit("nothing on top")
    q_k, q_b, q_m, q_y = count(s, "k", k), given(s, "b", b), count(s, "m", m), given(s, "y", y)
    said = [clause(s, t.told, q_k, q_b, q_m), clause(s, t.each, q_y)]
    say(s, *said)
    side = s.derive(q_m, "*", q_y, "{u} {m} {others}", WHY["each"], unit=money)
    rest = s.derive(side, "-", q_b, "{u} {k} {many}", "[both sides are {a}, and {b} of it do not come from the {many}, so subtract|the same {a} without the {b} are the {many} alone, so subtract]", unit=money)
    ask(s, s.derive(rest, "/", q_k, "{u} one {one}", WHY["share"], unit=money), t.ask, "{u} one {one}")


# things, each so much a day, for days


@family(weight=1.2)
def ratio_daily(s):
    """n things at k each a day for d days; perhaps more or less, or out of a stock; or the days are asked for."""
    t = s.r.choice(DAILIES)
    money = "$" if t.unit == "$" else ""
    unit = "dollars" if money else t.unit
    start(s, many=t.many, one=t.one, u=unit, unit=money, day=t.day)
    n, k, d = count(s, "n", s.draw(*t.ns)), given(s, "k", s.draw(*t.ks)), s.draw(*t.ds)
    mode = s.pick("total", "total", "days", "plus", "minus", "left")
    if mode == "days":
        c = given(s, "c", n.value * k.value * d, "[the total is {c}|the sum is {c}]" if money else "[the total is {c} {u}|there are {c} {u}]")
        said = [clause(s, t.things, n), clause(s, t.rate, k)]
        if not money and "each" not in said[1]:
            said.reverse()
        say(s, *said)
        daily = s.derive(n, "*", k, "the {u} of all {many} in one {day}", WHY["each"], unit=money)
        return ask(s, s.derive(c, "/", daily, "the number of {day}s", WHY["fill"]), t.ask_d, "the number of {day}s")
    d = count(s, "d", d)
    form = s.draw(0, 3)
    if form == 0:
        said = [one_sentence(s, t.full, {n: "there are {n} {many}", k: "for each {one} it is {k} a {day}" if money else "for each {one} it is {k} {u} a {day}", d: "this goes on for {d} {day}s"})]
    elif form == 1:
        said = [clause(s, t.told, d, n), clause(s, t.rate, k)]
    elif form == 2:
        said = [clause(s, t.things, n), clause(s, t.rate, k), clause(s, t.span, d)]
    else:
        said = [clause(s, t.things, n), clause(s, t.span, d), clause(s, t.rate, k)]
    if s.chance(0.6):
        daily = s.derive(n, "*", k, "the {u} of all {many} in one {day}", WHY["each"], unit=money)
        total = s.derive(daily, "*", d, "the {u} of all {many} in {d} {day}s", "[every {day} brings the same, so multiply by the {b} {day}s|{b} {day}s with {a} each, so multiply]", unit=money)
    else:
        single = s.derive(k, "*", d, "the {u} of one {one} in {d} {day}s", WHY["each"], unit=money)
        total = s.derive(single, "*", n, "the {u} of all {many} in {d} {day}s", "[every {one} comes to the same, so multiply by the {b} {many}|{b} {many} with {a} each, so multiply]", unit=money)
    question, about = t.ask, "the {u} of all {many} in {d} {day}s"
    if mode == "plus":
        e = given(s, "e", s.draw(3, 40))
        said.append(clause(s, t.plus, e))
        total, about = s.derive(total, "+", e, "the {u} in all", WHY["gain"], unit=money), "the {u} in all"
        question = "[How many dollars <do> all of this cost|How many dollars must be paid in all]" if money else "[How many {u} is that in all|How many {u} is that together]"
    elif mode == "minus":
        e = given(s, "e", s.draw(2, max(3, min(40, total.value // 3))))
        said.append(clause(s, t.minus, e))
        total, about = s.derive(total, "-", e, "the {u} after that", WHY["lose"], unit=money), "the {u} in the end"
        question = "[How many dollars must be paid in the end|How many dollars <+be> left to pay]" if money else "[How many {u} is that in the end|How many {u} does that make after this]"
    elif mode == "left":
        h = given(s, "h", total.value + s.draw(3, 90))
        said.insert(s.pick(1, len(said)) if "for this" not in t.stock else len(said), clause(s, t.stock, h))
        total, about = s.derive(h, "-", total, "the {u} that are left", "[the {u} that are there minus what is taken, so {a} minus {b}|{b} of the {a} are gone or done, so subtract]", unit=money), "the {u} that are left"
        question = t.left
    say(s, *said)
    ask(s, total, question, about)


# a whole in loads


@family(weight=1.2)
def ratio_loads(s):
    """A whole in equal loads, some of which are done: what is done, left, to come, at first, or in a load."""
    t = s.r.choice(LOADS)
    start(s, x=t.x, trip=t.trip, trips=plural(t.trip))
    r, done = s.draw(*t.rs), s.draw(*t.ts)
    mode = s.pick("left", "left", "more", "more", "r", "w", "twice")
    rest = r * s.draw(1, 8) if mode in ("more", "twice") else s.draw(2, r * 4)
    if mode == "more" and rest == r:
        raise Unfit("one more")
    w = count(s, "w", r * done + rest) if mode != "w" else None
    q_r = count(s, "r", r) if mode != "r" else None
    q_t = count(s, "t", done)
    e = count(s, "e", rest) if mode in ("r", "w") else None
    said = [clause(s, t.whole, w) if w else clause(s, t.unknown)]
    said += [clause(s, t.each, q_r)] if q_r else []
    frame = mode in ("left", "more", "twice") and s.chance(0.35)
    if mode in ("left", "more", "twice") and not frame and s.chance(0.35):
        said = [one_sentence(s, t.full, {w: "there are {w} {x} in all", q_r: "each {trip} is for {r} {x}", q_t: "{t} {trips} are done"})]
    elif frame:
        s.fact(q_t, "{t} {trips} are done")
        told_last(s, q_t)
    else:
        said += [clause(s, t.done, q_t)]
    said += [clause(s, t.left, e)] if e else []
    say(s, *said)
    before = s.pick("After {t} {trips}, ", "When {t} {trips} <+be> done, ", "Once {t} {trips} <+be> done, ") if frame else ""
    gone = f"the {{x}} {t.deed} in {{t}} {{trips}}"
    if mode == "r":
        moved = s.derive(w, "-", e, gone, USED)
        return ask(s, s.derive(moved, "/", q_t, "the {x} in one {trip}", WHY["share"]), t.ask_r, "the {x} in one {trip}")
    if mode == "twice":
        total = s.derive(w, "/", q_r, "the {trips} for all {x}", WHY["fill"])
        return ask(s, s.derive(total, "-", q_t, "the {trips} still to come", "[{b} of the {a} {trips} are done, so subtract|take the {b} {trips} that are done away from all {a}]"), t.ask_more, "the number of {trips} still to come", before)
    moved = s.derive(q_t, "*", q_r, gone, WHY["groups"])
    if mode == "w":
        return ask(s, s.derive(moved, "+", e, "the {x} at first", "[what is done and what is left make the whole, so add|the whole is {a} done and {b} left, so add]"), t.ask_w, "the number of {x} at first")
    left = s.derive(w, "-", moved, "the {x} left", "[{b} of the {a} are done, so subtract|the whole minus what is done is what is left: {a} minus {b}]")
    if mode == "left":
        return ask(s, left, t.ask_left, "the number of {x} left", before)
    ask(s, s.derive(left, "/", q_r, "the {trips} still to come", WHY["fill"]), t.ask_more, "the number of {trips} still to come", before)


@family(weight=0.5, group="one_step")
def ratio_load_once(s):
    t = s.r.choice(LOADS)
    start(s, x=t.x, trip=t.trip, trips=plural(t.trip))
    r, times = s.draw(*t.rs), s.draw(*t.ts)
    q_r = count(s, "r", r)
    if s.chance(0.5):
        w = count(s, "w", r * times)
        say(s, clause(s, t.whole, w), clause(s, t.each, q_r), distract=0.3)
        return ask(s, s.derive(w, "/", q_r, "the {trips} for all {x}", WHY["fill"]), t.ask_all, "the number of {trips} for all {x}")
    q_t = count(s, "t", times)
    say(s, clause(s, t.unknown), clause(s, t.each, q_r), clause(s, t.done, q_t), distract=0.3)
    about = f"the {{x}} {t.deed} in {{t}} {{trips}}"
    ask(s, s.derive(q_t, "*", q_r, about, WHY["groups"]), t.ask_done, about)


def plural(word):
    return {"batch": "batches"}.get(word, word + "s")


# a stock that runs down


@family(weight=1.3)
def ratio_stock(s):
    """A stock shrinks steadily: what is left, when it is down to so much, what there was, how fast it goes."""
    t = s.r.choice(STOCKS)
    r, time, e = s.draw(*t.rs), s.draw(*t.ts), s.draw(*t.es)
    mode = s.pick("left", "time", "time", "start", "rate", "empty")
    if t.x == "percent" and r * time + e > 100:
        raise Unfit("more than all")
    start(s, x=t.x, time=t.time, thing=t.thing)
    h = count(s, "h", r * time + (0 if mode == "empty" else e)) if mode != "start" else None
    q_r = count(s, "r", r) if mode != "rate" else None
    q_t = count(s, "t", time, "{t} {time}s pass") if mode in ("left", "start", "rate") else None
    q_e = count(s, "e", e, "[the end is {e} {x}|{e} {x} are left in the end]") if mode in ("time", "start", "rate") else None
    if h and q_r and s.chance(0.35):
        opening = [one_sentence(s, t.full, {h: "there are {h} {x} at first", q_r: "{r} {x} are gone each {time}"})]
    else:
        opening = [clause(s, t.start, h) if h else clause(s, t.some)]
        opening += [clause(s, t.rate, q_r)] if q_r else []
    if mode == "left":
        if s.chance(0.3):
            say(s, *opening, clause(s, t.after, q_t))
            question = s.pick("How many {x} <+be> left then", "How many {x} <+be> left at the end of this time", "How many {x} <+remain>")
        else:
            say(s, *opening)
            told_last(s, q_t)
            question = t.ask_left
        gone = s.derive(q_r, "*", q_t, "the {x} gone in {t} {time}s", WHY["each"])
        return ask(s, s.derive(h, "-", gone, "the {x} left after {t} {time}s", WHY["lose"]), question, "the {x} left after {t} {time}s")
    if mode == "time":
        say(s, *opening)
        told_last(s, q_e)
        gone = s.derive(h, "-", q_e, "the {x} gone until then", USED)
        return ask(s, s.derive(gone, "/", q_r, "the number of {time}s", PER_TIME), t.ask_time, "the number of {time}s until {e} {x} are left")
    if mode == "start":
        say(s, *opening, clause(s, t.after, q_t), clause(s, t.left, q_e))
        gone = s.derive(q_r, "*", q_t, "the {x} gone in {t} {time}s", WHY["each"])
        return ask(s, s.derive(q_e, "+", gone, "the {x} {thing} at first", "[what is left and what is gone make the start, so add|the {b} that are gone were there at first, so add them to {a}]"), t.ask_start, "the {x} {thing} at first")
    if mode == "rate":
        say(s, *opening, clause(s, t.after, q_t), clause(s, t.left, q_e), s.pick("the same amount <be> lost each {time}", "every {time} <take> the same amount", "the number <go> down evenly, {time} by {time}"))
        gone = s.derive(h, "-", q_e, "the {x} gone in {t} {time}s", USED)
        return ask(s, s.derive(gone, "/", q_t, "the {x} gone in one {time}", WHY["share"]), t.ask_rate, "the {x} gone in one {time}")
    two = s.given(s.draw(2, max(2, time // 2)))
    s.values["t"] = two
    if two.value >= time - 1:
        raise Unfit("it is empty already")
    say(s, *opening, clause(s, t.after, two))
    gone = s.derive(q_r, "*", two, "the {x} gone in {t} {time}s", WHY["each"])
    left = s.derive(h, "-", gone, "the {x} left after {t} {time}s", WHY["lose"])
    ask(s, s.derive(left, "/", q_r, "the {time}s for the rest", PER_TIME), "[For how many more {time}s <do> the rest last|How many more {time}s <do> it take until nothing <be> left]", "the number of {time}s for the rest")


@family(weight=0.3, group="one_step")
def ratio_stock_once(s):
    t = s.r.choice(STOCKS)
    r, time = s.draw(*t.rs), s.draw(*t.ts)
    if t.x == "percent" and r * time > 100:
        raise Unfit("more than all")
    start(s, x=t.x, time=t.time)
    h, q_r = count(s, "h", r * time), count(s, "r", r)
    say(s, clause(s, t.start, h), clause(s, t.rate, q_r), distract=0.3)
    ask(s, s.derive(h, "/", q_r, "the number of {time}s", PER_TIME), t.ask_empty, "the number of {time}s until nothing is left")
