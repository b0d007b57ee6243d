"""Things that are exchanged for others at a rate."""

from ..registry import JUDGED, family
from ..why import WHY
from .telling import ask, joined, tell
from .themes import EXCHANGES


@family(weight=1.2, use=JUDGED)
def exchange(s):
    change_units(s)
    joined(s)


def change_units(s):
    e = s.r.choice(EXCHANGES)
    s.person("p")
    s.values.update(x=e.x, L=e.L, l=e.l)
    k, n = s.given(s.draw(4, s.pick(12, 40))), s.given(s.draw(2, 15))
    mode = s.pick("loose", "loose", "used", "used", "both", "fills")
    rule_first = s.chance(0.6)

    def rule():
        tell(s, e.rule, k, "one {l} is {k} {x}", k=k)

    def have():
        tell(s, e.have, n, "there are {n} {L}", n=n)

    if mode == "fills":
        c, n.mentioned = s.given(s.draw(2, 60)), False
        t = s.given(k.value * n.value + c.value, "there are {it} {x} at first")
        rule()
        tell(s, "[Of {t} {x}, {c} <+be> set apart|From a total of {t} {x}, {c} <+be> taken away first|At first there <+be> {t} {x}, but {c} of them <+be> used for something else].", c, "{c} {x} <+be> taken away", t=t, c=c)
        rest = s.derive(t, "-", c, "the {x} that stay", WHY["lose"])
        ask(s, s.derive(rest, "/", k, "the number of {L}", WHY["fill"]), "[How many {L} do the other {x} make?|How many {L} is the rest?|The rest makes how many {L}?]", "the number of {L} from the rest")
        return
    for first in (rule_first, not rule_first):
        (rule if first else have)()
    total = s.derive(n, "*", k, "the {x} in {n} {L}", WHY["groups"], n=n)
    if mode in ("loose", "both"):
        loose = s.given(s.draw(2, 40))
        tell(s, e.loose, loose, "{e} {x} come on top", e=loose)
        total = s.derive(total, "+", loose, "the {x} with the others", WHY["gain"])
    if mode in ("used", "both"):
        c = s.given(s.draw(2, max(2, total.value - 2)))
        tell(s, e.use, c, "{c} {x} are taken away", c=c)
        total = s.derive(total, "-", c, "the {x} that are left", WHY["lose"])
        ask(s, total, "[How many {x} are left?|How many {x} is the rest worth?|What is left in {x}?]" if e.l in ("coupon", "gem") else "[How many {x} are left?|How many {x} remain in the end?|What is the number of {x} after that?]", "the number of {x} in the end")
        return
    ask(s, total, e.all, "the number of {x} in all")
