"""Further sources, changes and endings for the stories of `counts`."""

from ..english import PARTS, times
from ..story import Unfit
from .counts import HAVE, change, ending, source
from .fractions import PERCENT, percent_of
from .why import WHY


@source
def bought_with_money(s):
    price, n = s.draw(2, 12), s.draw(4, 40)
    money, each = s.given(price * n, "{p} has {it}", unit="$"), s.given(price, "each {x.s} costs {it}", unit="$")
    s.say("[{p} <have> {m} and <buy> as many {x} as possible at {k} each.|{p} <spend> {m} on {x} that <+cost> {k} each.|A {x.s} <cost> {k}. {p} <use> {m} to buy {x}.]", m=money, k=each)
    return s.derive(money, "/", each, "the number of {x} {p} buys", WHY["afford"])


@source
def made_per_hour(s):
    s.noun("x", "maker", "baked")
    a, h = s.given(s.draw(2, 20), "{it} {x} each hour"), s.given(s.draw(2, 10), "{it} hours of work")
    s.say("[{p} <make> {a} {x} an hour and <work> for {h} hours.|In one hour {p} <make> {a} {x}. {p.i} <work> {h} hours.|For {h} hours, {p} <make> {a} {x} every hour.]", a=a, h=h)
    return s.derive(a, "*", h, "the number of {x} {p} makes", WHY["each"])


@source
def week_and_weekend(s):
    a, b = s.given(s.draw(2, 20), "{it} {x} on each of 5 weekdays"), s.given(s.draw(2, 20), "{it} {x} on each of 2 weekend days")
    five, two = s.given(5, always=True), s.given(2, always=True)
    verb = s.pick("<collect>", "<find>", "<get>", "<sort>")
    s.say(f"[In one week, {{p}} {verb} {{a}} {{x}} on each of the five weekdays and {{b}} {{x}} on each of the two days of the weekend.|From Monday to Friday {{p}} {verb} {{a}} {{x}} a day. On Saturday and Sunday {{p.i}} {verb} {{b}} a day.]", a=a, b=b)
    one = s.derive(a, "*", five, "the number of {x} from the 5 weekdays", WHY["each"])
    other = s.derive(b, "*", two, "the number of {x} from the 2 days of the weekend", WHY["each"])
    return s.derive(one, "+", other, "the number of {x} from the whole week", WHY["together"])


@source
def two_containers(s):
    s.noun("c", "container")
    a, b, k, m = s.given(s.draw(2, 9), "{it} large {c}"), s.given(s.draw(8, 20), "a large one has {it} {x}"), s.given(s.draw(2, 9), "{it} small {c}"), s.given(s.draw(2, 7), "a small one has {it} {x}")
    s.say("[{p} <have> {a} large {c} with {b} {x} each and {k} small {c} with {m} {x} each.|A large {c.s} <hold> {b} {x} and a small one <hold> {m}. {p} <have> {a} large and {k} small {c}, all full.]", a=a, b=b, k=k, m=m)
    one = s.derive(a, "*", b, "the number of {x} in the large {c}", WHY["groups"])
    two = s.derive(k, "*", m, "the number of {x} in the small {c}", WHY["groups"])
    return s.derive(one, "+", two, "the number of {x} in all {c}", WHY["together"])


@source
def some_missing_from_set(s):
    a = s.given(s.amount(10), "a full set has {it} {x}")
    b = s.given(s.draw(2, a.value - 3), "{it} {x} are missing")
    s.say("[A full set <have> {a} {x}, but {b} <+be> missing from the set that {p} <have>.|{p} <own> a set of {x}. It once had {a} {x}, but {b} of them <+be> lost.|Of a set of {a} {x}, {p} <have> all but {b}.]", a=a, b=b)
    return s.derive(a, "-", b, HAVE + " of the set", WHY["lose"])


@source
def twice_the_difference(s):
    s.person("q")
    a, b = s.given(s.amount(5, 50), "{q} has {it} {x}"), s.given(s.amount(2, 20), "{p} has {it} more than twice that number")
    k = s.given(2, always=True)
    s.say("[{q} <have> {a} {x}. {p} <have> {b} more than twice as many.|{p} <have> {b} more than twice as many {x} as {q}, who <have> {a}.]", a=a, b=b)
    double = s.derive(a, "*", k, "twice the number of {x} of {q}", WHY["multiple"])
    s.values["other"] = a
    return s.derive(double, "+", b, HAVE, WHY["more"])


@source
def shared_find(s):
    s.person("q")
    k = s.given(s.draw(2, 5), "{it} children share")
    a = s.given(k.value * s.draw(4, 25), "{it} {x} are shared")
    s.say("[{p} and some friends <+find> {a} {x}. There <+be> {k} children in all, and each one <get> an equal share.|{k} children, {p} among them, <+share> {a} {x} equally.]", a=a, k=k)
    return s.derive(a, "/", k, "the share of {p}", WHY["share"])


@change
def percent_broken(s, cur):
    fitting = [p for p, (bottom, _) in PERCENT.items() if cur.value % bottom == 0 and p <= 75 and cur.value > bottom]
    if not fitting:
        raise Unfit("no percentage fits")
    p = s.r.choice(fitting)
    told = s.given(p, always=True)
    told.fact = s.plainly(f"{p}% of the {{x}} go away")
    s.say(f"[{p}% of the {{x}} <+be> [damaged|old], so {{p.i}} <throw> them away.|Then {{p.i}} <sell> {p}% of them.|{p}% of the {{x}} <+get> lost.]")
    part = percent_of(s, cur, p, f"{p}% of the {{x}}")
    return s.derive(cur, "-", part, HAVE + " after that", WHY["lose"])


@change
def swap(s, cur):
    s.person("t")
    a, b = s.given(s.draw(2, cur.value - 1), "{p} gives {it} to {t}"), s.given(s.draw(2, 20), "{p} gets {it} from {t}")
    s.say("[{p.i} <trade> with {t}: {p.he} <give> away {a} {x} and <get> {b} others.|In a trade with {t}, {p.i} <give> {a} {x} and <receive> {b} {x}.]", a=a, b=b)
    less = s.derive(cur, "-", a, HAVE + " without the ones given away", WHY["lose"])
    return s.derive(less, "+", b, HAVE + " after the trade", WHY["gain"])


@change
def dozens(s, cur):
    k, d = s.given(s.draw(2, 6), "{it} dozen more"), s.known(12, "a dozen is 12")
    s.say("[Then {p.i} <buy> {k} dozen more {x}.|{p.his} [aunt|neighbor] <send> {p.him} {k} dozen {x}.|{p.i} <get> {k} dozen more.]", k=k)
    more = s.derive(k, "*", d, "the number of {x} in the dozens", "[a dozen is 12, so we multiply by 12|each dozen has 12, so {a} dozen are {a} times 12]")
    return s.derive(cur, "+", more, HAVE + " with the dozens", WHY["gain"])


@change
def as_many_again(s, cur):
    s.person("t")
    if cur.value > 300:
        raise Unfit("too many")
    k = s.given(2, "{t} adds as many again", mention=True)
    s.say("[{t} <have> exactly as many {x} and <give> all of them to {p.me}.|Then {t} <bring> just as many {x} as there <+be> already.]")
    return s.derive(cur, "*", k, HAVE + " with those of {t}", "[the same number comes once more, so multiply by 2|as many again means twice as many]")


@change
def lent_and_back(s, cur):
    s.person("t")
    a = s.given(s.draw(4, cur.value - 1), "{p} lends {it} to {t}")
    b = s.given(s.draw(2, a.value - 1), "{t} gives {it} back")
    s.say("[{p.i} <lend> {a} {x} to {t}, who later <give> back {b} of them.|{t} <borrow> {a} of the {x} and <bring> back {b} so far.]", a=a, b=b)
    less = s.derive(cur, "-", a, HAVE + " while {t} has some", WHY["lose"])
    return s.derive(less, "+", b, HAVE + " after some came back", WHY["gain"])


@ending
def than_at_first(s, cur):
    first = s.givens[0]
    if first.unit or not first.fact.endswith("at first") or first.value == cur.value:
        raise Unfit("no start to compare")
    more = cur.value > first.value
    hi, lo = (cur, first) if more else (first, cur)
    word = "more" if more else "fewer"
    gap = s.derive(hi, "-", lo, f"how many {word} {{x}} there are than at first", WHY["difference"])
    s.ask(gap, f"[How many {word} {{x}} does {{p}} have now than at first?|How many {word} {{x}} are there now than in the beginning?]", f"how many {word} {{x}} {{p}} has now than at first")


@ending
def last_how_long(s, cur):
    k = s.given(s.divisor(cur.value, 2, 12), "{it} {x} are used each day")
    s.say("[From now on, {p.i} <use> {k} {x} every day.|{p.i} <plan> to use {k} of them a day.|Each day {k} of the {x} <+be> used.]", k=k)
    days = s.derive(cur, "/", k, "the number of days", WHY["fill"])
    s.ask(days, "[How many days will the {x} last?|After how many days are all the {x} used up?|For how many days are there enough {x}?]", "the number of days the {x} last")


@ending
def time_for_all(s, cur):
    k = s.given(s.draw(2, 9), "each one takes {it} minutes")
    s.say("[{p.i} <need> {k} minutes to [clean|pack|wrap|count] each of the {x}.|It <take> {p.him} {k} minutes to [wrap|clean|label] one {x.s}.]", k=k)
    t = s.derive(cur, "*", k, "the minutes for all the {x}", WHY["each"])
    s.ask(t, "[How many minutes does it take for all of them?|How many minutes does {p} need for all the {x}?]", "the minutes for all the {x}")


@ending
def part_kept(s, cur):
    n = s.divisor(cur.value, 2, 6)
    if n not in PARTS:
        raise Unfit("no word")
    k = s.given(n, mention=True)
    k.fact = s.plainly(f"{PARTS[n]} of the {{x}} are set aside")
    s.say(f"[{{p.i}} <set> aside {PARTS[n]} of the {{x}} for a friend.|{PARTS[n]} of them <+be> for {{p.his}} [sister|brother|teacher].]")
    part = s.derive(cur, "/", k, "the number of {x} set aside", WHY["part"])
    if s.chance(0.5):
        s.ask(part, "How many {x} are set aside or meant for somebody else?", "the number of {x} set aside")
        return
    rest = s.derive(cur, "-", part, "the number of {x} for {p}", WHY["lose"])
    s.ask(rest, "How many {x} does {p} have for {p.him}self?", "the number of {x} for {p}")


@ending
def cost_of_all(s, cur):
    price = s.given(s.draw(2, 12), "one {x.s} costs {it}", unit="$")
    s.say("[One {x.s} <cost> {m}.|The price of each {x.s} <be> {m}.|Each {x.s} <be> worth {m}.]", m=price)
    worth = s.derive(cur, "*", price, "what all the {x} are worth", WHY["price"], unit="$")
    s.ask(worth, "[How many dollars are all the {x} worth together?|What is the value of all the {x} in dollars?]", "what all the {x} are worth")


@ending
def capacity(s, cur):
    s.noun("e", "container")
    a, b = s.given(s.draw(2, 12), "there are {it} empty {e}"), s.given(s.draw(2, 20), "each {e.s} has room for {it}")
    room = s.derive(a, "*", b, "the number of {x} that fit into the {e}", WHY["groups"])
    if room.value == cur.value:
        raise Unfit("just full")
    s.say("[{p.i} <have> {a} empty {e} with room for {b} {x} each.|There <+be> {a} empty {e}, and each one <have> room for {b} {x}.]", a=a, b=b)
    if room.value > cur.value:
        gap = s.derive(room, "-", cur, "how many more {x} would fit in", WHY["difference"])
        s.ask(gap, "[After all the {x} are put in, how many more {x} would fit into the {e}?|How many more {x} could be stored in the {e} when all of {p.my} {x} are inside?]", "how many more {x} would fit in")
    else:
        gap = s.derive(cur, "-", room, "the number of {x} that do not fit", WHY["difference"])
        s.ask(gap, "[How many of the {x} do not fit into the {e}?|How many {x} stay outside when all the {e} are full?]", "the number of {x} that do not fit")


@ending
def by_three(s, cur):
    """The other one has several times as many, or a part."""
    s.person("v")
    k = s.given(s.pick(2, 3, 4), mention=True)
    k.fact = s.plainly(f"{{v}} has {times(k.value)} as many")
    s.say(f"[{{v}} <have> {times(k.value)} as many {{x}} as {{p}} <have> now.|At the same time {{v}} <have> {times(k.value)} as many {{x}} as {{p}}.]")
    other = s.derive(cur, "*", k, "the number of {x} {v} has", WHY["multiple"])
    s.ask(other, "How many {x} does {v} have?", "the number of {x} {v} has")
