"""Changes of one number, with any of start, change and end unknown, and facts that do not matter: short stories in which the asked quantity is often not the expected one."""

from ..words import NOUNS
from .contexts import CHANGES, PLACES
from .registry import family
from .why import WHY


def stop(template):
    """The template as a question."""
    return template.rstrip(".?") + "?"


def begin(s):
    """Draws a context and its words; returns it."""
    context = s.r.choice(CHANGES)
    s.person("p")
    kind = s.pick(*context.kinds)
    s.values["w"] = s.pick(*PLACES)
    if kind in NOUNS[s.split]:
        s.noun("x", kind)
    else:
        s.values["x"] = kind
    return context


def aside(s, chance=0.4):
    """Perhaps a sentence with a number that does not matter."""
    if not s.chance(chance):
        return
    y = s.noun("y", "thing", "food", "school", "flower", "ware")
    n = s.given(s.amount(2, 60))
    if "q" not in s.values:
        s.person("q")
    template, fact = s.pick(
        ("[{q} <have> {n} {y}.|A friend, {q}, <have> {n} {y}.]", "{q} has {it} {y}"), ("There <+be> also {n} {y}.", "there are {it} {y}"),
        ("[The [school|station] <be> {n} minutes away.|The walk to the [park|station] <take> {n} minutes.]", "the way takes {it} minutes"),
        ("{q} <be> {n} years old.", "{q} is {it} years old"), ("{q} <bring> {n} {y} that day.", "{q} brings {it} {y}"), ("{n} {y} <+be> lying nearby.", "{it} {y} are nearby"))
    s.fact(n, fact)
    s.say(template, n=n)


@family(weight=3, group="one_step")
def change_end(s):
    c = begin(s)
    up = s.chance(0.5)
    a = s.given(s.amount(4), "{it} " + c.where + " at first")
    b = s.given(s.amount(2) if up else s.draw(2, a.value - 1), c.fact_up if up else c.fact_down)
    s.say(c.start, a=a)
    aside(s, 0.3)
    s.say(c.up if up else c.down, b=b)
    aside(s, 0.2)
    end = s.derive(a, "+" if up else "-", b, "the number of " + c.where + " now", WHY["gain" if up else "lose"])
    s.ask(end, stop(c.ask_end), "the number of " + c.where + " now")


@family(weight=3, group="one_step")
def change_amount(s):
    c = begin(s)
    up = s.chance(0.5)
    low, high = sorted((s.amount(2, 20), s.amount(23)))
    a = s.given(low if up else high, "{it} " + c.where + " at first")
    e = s.given(high if up else low, "{it} " + c.where + " in the end")
    s.say(c.start, a=a)
    aside(s, 0.2)
    s.say(c.up_some if up else c.down_some)
    s.say(c.end, c=e)
    aside(s, 0.2)
    big, small = (e, a) if up else (a, e)
    change = s.derive(big, "-", small, "the number of {x} that " + ("were added" if up else "are gone"), WHY["change_up" if up else "change_down"])
    s.ask(change, stop(c.ask_up if up else c.ask_down), "how many {x} " + ("were added" if up else "are gone"))


@family(weight=3, group="one_step")
def change_start(s):
    c = begin(s)
    up = s.chance(0.5)
    a, change = s.amount(4), s.amount(2, 60)
    b = s.given(change if up else min(change, a - 2), c.fact_up if up else c.fact_down)
    e = s.given(a + b.value if up else a - b.value, "{it} " + c.where + " in the end")
    s.say(c.some)
    s.say(c.up if up else c.down, b=b)
    s.say(c.end, c=e)
    aside(s, 0.25)
    start = s.derive(e, "-" if up else "+", b, "the number of " + c.where + " at first", WHY["undo_gain" if up else "undo_loss"])
    s.ask(start, stop(c.ask_start), "the number of " + c.where + " at first")


@family(weight=3, group="one_step")
def two_changes(s):
    """One goes up, one goes down; asked is the end, the difference of the changes, or the start."""
    c = begin(s)
    a = s.amount(6)
    up, down = s.amount(2, 40), s.draw(2, a - 1)
    mode = s.pick("end", "compare", "start", "unknown")
    start = s.given(a, "{it} " + c.where + " at first") if mode != "start" else None
    s.say(c.start if start else c.some, a=start)
    order = s.pick("ud", "du")
    b = {"u": s.given(up, c.fact_up) if mode != "unknown" else None, "d": s.given(down, c.fact_down)}
    for k in order:
        if b[k] is None:
            s.say(c.up_some)
        else:
            s.say(c.up if k == "u" else c.down, b=b[k])
    final = a + up - down
    if mode == "end":
        signs = {"u": ("+", "gain"), "d": ("-", "lose")}
        cur = start
        for i, k in enumerate(order):
            cur = s.derive(cur, signs[k][0], b[k], "the number of " + c.where + (" after that" if i == 0 else " in the end"), WHY[signs[k][1]])
        s.ask(cur, stop(c.ask_end), "the number of " + c.where + " in the end")
    elif mode == "compare":
        word = {"u": "were added", "d": "went away"}
        hi, lo = ("u", "d") if up > down else ("d", "u")
        gap = s.derive(b[hi], "-", b[lo], f"how many more {{x}} {word[hi]} than {word[lo]}", WHY["difference"])
        s.ask(gap, f"How many more {{x}} {word[hi]} than {word[lo]}?", f"how many more {{x}} {word[hi]} than {word[lo]}")
    else:
        end = s.given(final, "{it} " + c.where + " in the end")
        s.say(c.end, c=end)
        if mode == "start":
            back = {"u": ("-", "undo_gain"), "d": ("+", "undo_loss")}
            cur = end
            for i, k in enumerate(reversed(order)):
                cur = s.derive(cur, back[k][0], b[k], "the number of " + c.where + (" before the last change" if i == 0 else " at first"), WHY[back[k][1]])
            s.ask(cur, stop(c.ask_start), "the number of " + c.where + " at first")
        else:
            if order == "du":
                left = s.derive(start, "-", b["d"], "the number of " + c.where + " after some went away", WHY["lose"])
                new = s.derive(end, "-", left, "the number of {x} that were added", WHY["change_up"])
            else:
                before = s.derive(end, "+", b["d"], "the number of " + c.where + " before some went away", WHY["undo_loss"])
                new = s.derive(before, "-", start, "the number of {x} that were added", WHY["change_up"])
            s.ask(new, stop(c.ask_up), "how many {x} were added")
