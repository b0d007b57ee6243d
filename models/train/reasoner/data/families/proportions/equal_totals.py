"""Two groups that weigh or cost the same."""

from ...story import Unfit
from ..one_step import aside
from ..registry import family
from ..why import WHY
from .telling import ask, joined, tell, told_last
from .themes import EQUALS


@family(weight=1.2)
def equal_totals(s):
    equal(s)
    joined(s)


def equal(s):
    e = s.r.choice(EQUALS)
    s.person("p")
    s.values.update(g=e.g, g1=e.g1, h=e.h, h1=e.h1, u=e.unit)
    n, a = s.draw(2, 12), s.draw(2, e.top)
    mode = s.pick("one", "one", "number", "gap", "beside", "beside_back")
    one_g = f"one {{g1}} <{e.v}> {{a}} {{u}}"
    if mode in ("one", "gap"):
        n, a, m = s.given(n), s.given(a), s.divisor(n * a, 2, 12)
        if n.value * a.value // m <= a.value:
            raise Unfit("the second is the larger one")
        m = s.given(m)
        order = s.chance(0.6)
        for first in (order, not order):
            if first:
                tell(s, e.same, m, f"{{n}} {{g}} <+{e.v}> as much as {{m}} {{h}}", n=n, m=m)
            else:
                tell(s, e.one, a, one_g, a=a)
        aside(s, 0.12)
        total = s.derive(n, "*", a, "the {u} of {n} {g}", WHY["each"], n=n)
        each = s.derive(total, "/", m, "the {u} of one {h1}", "[{b} of the others have the same total, so divide {a} by {b}|the total is the same for {b} {h}, and each has the same part, so divide]")
        if mode == "one":
            ask(s, each, e.ask, "the number of {u} for one {h1}")
            return
        ask(s, s.derive(each, "-", a, "how many more {u} it is for one {h1} than for one {g1}", WHY["difference"]), "[How many {u} more is it for one {h1} than for one {g1}?|By how many {u} is one {h1} above one {g1}?]", "how many more {u} it is for one {h1} than for one {g1}")
    elif mode == "number":
        c = s.divisor(n * a, 2, e.top)
        if c <= a or n * a == c:
            raise Unfit("all alike")
        n, a, c = s.given(n, "there are {it} {g}"), s.given(a), s.given(c)
        tell(s, e.one, a, one_g, a=a)
        tell(s, f"[One {{h1}} <{e.v}> {{c}} {{u}}|For one {{h1}} it <be> {{c}} {{u}}|A {{h1}} <{e.v}> {{c}} {{u}}].", c, f"one {{h1}} <{e.v}> {{c}} {{u}}", c=c)
        aside(s, 0.12)
        told_last(s, n)
        total = s.derive(n, "*", a, "the {u} of {n} {g}", WHY["each"], n=n)
        ask(s, s.derive(total, "/", c, "the number of {h} with the same total", WHY["fill"]), "[How many {h} give the same number of {u} as {n} {g}?|How many {h} does it take to match {n} {g}?|{n} {g} are equal to how many {h}?]", "the number of {h} that match {n} {g}", n=n)
    else:
        back = mode == "beside_back"
        n, other = s.given(n), s.draw(a + 1, 3 * e.top)
        t = s.given(n.value * a + other)
        given = s.given(other if back else a)
        s.fact(t, f"{{n}} {{g}} and one {{h1}} together <+{e.v}> {{it}} {{u}}", n=n)
        s.say(f"[{{n}} {{g}} and one {{h1}} together <+{e.v}> {{t}} {{u}}.|Together, one {{h1}} and {{n}} {{g}} <+{e.v}> {{t}} {{u}}.|For {{n}} {{g}} and a {{h1}}, it <be> {{t}} {{u}} in all.]", n=n, t=t)
        if back:
            tell(s, f"[The {{h1}} alone <{e.v}> {{c}} {{u}}|Of this, the {{h1}} <{e.v}> {{c}} {{u}}].", given, f"the {{h1}} <{e.v}> {{c}} {{u}}", c=given)
            rest = s.derive(t, "-", given, "the {u} of the {g} together", WHY["missing"])
            ask(s, s.derive(rest, "/", n, "the {u} of one {g1}", WHY["share"]), f"[How many {{u}} does one {{g1}} {e.v}?|All {{g}} are alike. How many {{u}} is it for one {{g1}}?]", "the number of {u} for one {g1}")
        else:
            tell(s, e.one, given, one_g, a=given)
            rest = s.derive(n, "*", given, "the {u} of {n} {g}", WHY["each"], n=n)
            ask(s, s.derive(t, "-", rest, "the {u} of one {h1}", WHY["missing"]), e.ask, "the number of {u} for one {h1}")
