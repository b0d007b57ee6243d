"""A share after a change of what is shared or of who shares."""

from ...story import Unfit
from ..one_step import aside
from ..registry import family
from ..why import WHY
from .telling import ask, joined, tell
from .themes import SHARES


@family(weight=1.4)
def share_again(s):
    share(s)
    joined(s)


def share(s):
    h = s.r.choice(SHARES)
    s.person("p")
    s.values.update(x=h.x, W=h.W, w=h.w)
    up, n, d = s.chance(0.5), s.draw(2, 15), s.draw(2, 9)
    count = n + d if up else n - d
    if count < 2:
        raise Unfit("nobody left")
    mode = s.pick("each", "each", "gap", "planned", "total")
    n, d = s.given(n, "at first there are {it} {W}"), s.given(d)
    short, sign, reason = ("{d} more {W} come in", "+", "gain") if up else ("{d} of the {W} drop out", "-", "lose")
    change = h.join if up else h.leave
    if mode != "total":
        n.fact = ""
    else:
        each = s.given(s.draw(2, 40))
        s.say(h.start.replace("{t}", "a certain number of"), n=n)
        tell(s, change, d, short, d=d)
        tell(s, "[In the end each {w} <have> {m} {x}|So it <be> {m} {x} for every {w}|After that, each {w} <get> {m} {x}].", each, "in the end it is {m} {x} for each {w}", m=each)
        number = s.derive(n, sign, d, "the number of {W} in the end", WHY[reason])
        ask(s, s.derive(number, "*", each, "the {x} in all", WHY["each"]), "[How many {x} are there in all?|What is the total number of {x}?]", "the number of {x} in all")
        return
    size = s.draw(2, s.pick(8, 30))
    if mode == "each":
        t = s.given(count * size)
        tell(s, h.start, t, "{t} {x} <+be> for {n} {W}", n=n, t=t)
        aside(s, 0.1)
        tell(s, change, d, short, d=d)
        number = s.derive(n, sign, d, "the number of {W} in the end", WHY[reason])
        ask(s, s.derive(t, "/", number, "the {x} for each {w}", WHY["share"]), h.ask, "the number of {x} for each {w} in the end")
        return
    size = s.draw(1, 6)
    total = n.value * count * size
    if mode == "gap":
        t = s.given(total)
        tell(s, h.start, t, "{t} {x} <+be> for {n} {W}", n=n, t=t)
        planned = s.derive(t, "/", n, "the {x} for each {w} at first", WHY["share"])
    else:
        each = s.given(total // n.value)
        tell(s, "[Each of {n} {W} <be> to get {m} {x}|The plan <be> {m} {x} for each of {n} {W}|There <+be> enough {x} for {n} {W} to have {m} each].", each, "{m} {x} are planned for each of {n} {W}", n=n, m=each)
        t = s.derive(n, "*", each, "the {x} in all", WHY["groups"])
    tell(s, change, d, short, d=d)
    number = s.derive(n, sign, d, "the number of {W} in the end", WHY[reason])
    now = s.derive(t, "/", number, "the {x} for each {w} in the end", WHY["share"])
    if mode == "planned":
        ask(s, now, h.ask if s.chance(0.5) else "[The {x} are the same as before. How many are there for each {w} now?|How many {x} are there for each {w} now?]", "the number of {x} for each {w} in the end")
        return
    hi, lo, word = (planned, now, "fewer") if up else (now, planned, "more")
    if hi.value - lo.value < 1:
        raise Unfit("no gap")
    ask(s, s.derive(hi, "-", lo, f"how many {word} {{x}} each {{w}} gets", WHY["difference"]), f"[How many {word} {{x}} is that for each {{w}} than at first?|How many {{x}} {word} than planned are there for each {{w}}?]", f"how many {word} {{x}} there are for each {{w}}")
