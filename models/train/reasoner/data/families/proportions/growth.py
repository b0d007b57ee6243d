"""What rises or falls by the same at every step."""

from ..one_step import aside
from ..registry import family
from ..why import WHY
from .telling import ask, joined, tell
from .themes import GROWTHS

CHANGES = "[from the first to the last there is one step fewer, so subtract 1|the first one has no change yet, so take 1 away from {a}]"
ORDINALS = {3: "third", 4: "fourth", 5: "fifth", 6: "sixth", 7: "seventh", 8: "eighth"}


@family(weight=1.6)
def steady_growth(s):
    growth(s)
    joined(s)


def growth(s):
    g = s.r.choice(GROWTHS)
    s.person("p")
    s.values.update(x=g.x, u=g.u)
    k, d = s.draw(3, s.pick(4, 6, 8)), s.draw(2, s.pick(5, 12))
    sign, back, way = ("-", "+", "fewer") if g.down else ("+", "-", "more")
    a = s.draw(3, g.top) + (d * k if g.down else 0)
    last = a - d * (k - 1) if g.down else a + d * (k - 1)
    word = ORDINALS[k]
    at = "on" if g.u in ("day", "evening") else "in"
    s.values["in"] = at
    mode = s.pick("kth", "kth", "three", "when", "step", "first")
    short_a, short_d = "it <be> {a} {x} {in} the first {u}", f"it <be> {{d}} {{x}} {way} with every {{u}}"

    def changes():
        number = s.given(k, f"the {word} {{u}} is number {{it}}", mention=True)
        return s.derive(number, "-", s.known(1, "nothing changes before the second one"), f"how often it changes until the {word} {{u}}", CHANGES)

    if mode in ("kth", "three", "when"):
        a, d = s.given(a), s.given(d)
        tell(s, g.start, a, short_a, a=a)
        tell(s, g.step, d, short_d, d=d)
        aside(s, 0.1)
        more, less = WHY["more"], WHY["fewer"]
        if mode == "three" and g.total or mode == "kth" and k == 3:
            second = s.derive(a, sign, d, "the {x} {in} the second {u}", less if g.down else more)
            third = s.derive(second, sign, d, "the {x} {in} the third {u}", less if g.down else more)
            if mode == "kth":
                ask(s, third, g.ask, "the number of {x} {in} the third {u}", k="third")
                return
            two = s.derive(a, "+", second, "the {x} of the first two {u}s", WHY["together"])
            ask(s, s.derive(two, "+", third, "the {x} of the first three {u}s", WHY["together"]), g.total, "the number of {x} of the first three {u}s together")
        elif mode != "when":
            change = s.derive(d, "*", changes(), "the whole change", WHY["each"])
            ask(s, s.derive(a, sign, change, f"the {{x}} {{in}} the {word} {{u}}", less if g.down else more), g.ask, f"the number of {{x}} {{in}} the {word} {{u}}", k=word)
        else:
            t = s.given(last, "it comes to {it} {x}")
            change = s.derive(*((a, "-", t) if g.down else (t, "-", a)), "the whole change", WHY["difference"])
            often = s.derive(change, "/", d, "how often it changes", WHY["fill"])
            q = s.derive(often, "+", s.known(1, "the first one has no change"), "the number of the {u}", "[the first one comes before all changes, so add 1|after the first there are {a} more, so it is {a} plus 1]")
            ask(s, q, "[{in} which {u}, counted from the first, is it {t} {x}?|What is the number of the {u} with {t} {x}?]", "the number of the {u} with {t} {x}", t=t)
        return
    z = s.given(last)
    if mode == "step":
        a = s.given(a)
        tell(s, g.start, a, short_a, a=a)
        s.say("[From one {u} to the next, the number always <go> " + ("down" if g.down else "up") + " by the same amount.|After that, every {u} <have> " + ("fewer" if g.down else "more") + " {x} than the one before, always by the same number.]")
        tell(s, f"[{at} the {word} {{u}} it <be> {{z}} {{x}}|The {word} {{u}} <have> {{z}} {{x}}].", z, f"it <be> {{z}} {{x}} {{in}} the {word} {{u}}", z=z)
        change = s.derive(*((a, "-", z) if g.down else (z, "-", a)), "the whole change", WHY["difference"])
        ask(s, s.derive(change, "/", changes(), "the change from one {u} to the next", WHY["share"]), "[By how many {x} does the number change from one {u} to the next?|How many {x} " + way + " is it {in} each {u} than {in} the one before?]", "the change in {x} from one {u} to the next")
        return
    d = s.given(d)
    s.say(g.start.replace("{a}", "a certain number of"))
    tell(s, g.step, d, short_d, d=d)
    tell(s, f"[{at} the {word} {{u}} it <be> {{z}} {{x}}|The {word} {{u}} <have> {{z}} {{x}}].", z, f"it <be> {{z}} {{x}} {{in}} the {word} {{u}}", z=z)
    change = s.derive(d, "*", changes(), "the whole change", WHY["each"])
    ask(s, s.derive(z, back, change, "the {x} {in} the first {u}", WHY["undo_loss" if g.down else "undo_gain"]), "[How many {x} was it {in} the first {u}?|What was the number of {x} {in} the first {u}?]", "the number of {x} {in} the first {u}")
