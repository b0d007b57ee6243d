"""Stories about money: where it comes from, what is paid with it, what it is enough for. `{p}` is the person; quantities are dollars unless the text says cents."""

from ..english import PARTS
from ..story import Unfit
from .counts import middle
from .one_step import aside
from .why import WHY

SOURCES, CHANGES, ENDINGS = [], [], []
HAVE = "the money {p} has"
JOBS = ("mowing lawns", "washing cars", "walking dogs", "babysitting", "raking leaves", "delivering newspapers", "helping a neighbor", "painting fences")
PAID = ("an hour", "a day", "a week")


def source(write):
    SOURCES.append(write)
    return write


def change(write):
    CHANGES.append(write)
    return write


def ending(write):
    ENDINGS.append(write)
    return write


def dollars(s, low, high, fact):
    return s.given(s.draw(low, high), fact, unit="$")


@source
def has(s):
    a = dollars(s, 10, s.pick(40, 90, 200, 600), "{p} has {it}")
    s.say("[{p} <have> {a}.|{p} <start> the day with {a}.|{p} <have> {a} in {p.his} [wallet|pocket|purse|savings box].|There <+be> {a} in {p.my} wallet.|{p} <take> {a} to the [market|mall|fair|store].]".replace("There <+be> {a}", "There <be> {a}"), a=a)
    return a


@source
def gifts(s):
    giver, other = s.r.sample(("mother", "father", "aunt", "uncle", "grandmother", "grandfather", "sister", "brother"), 2)
    a, b = dollars(s, 5, 80, "{it} from the " + giver), dollars(s, 5, 80, "{it} from the " + other)
    s.say(f"[For {{p.my}} birthday, {{p.his}} {giver} <give> {{p.me}} {{a}} and {{p.his}} {other} <give> {{p.me}} {{b}}.|{{p}} <get> {{a}} from {{p.his}} {giver} and {{b}} from {{p.his}} {other}.|{{p}} <receive> {{a}} from {{p.his}} {giver}. {{p.his}} {other} <give> {{p.me}} {{b}} more.]", a=a, b=b)
    return s.derive(a, "+", b, HAVE + " from both gifts", WHY["together"], unit="$")


@source
def wages(s):
    per = s.pick(*PAID)
    unit = per.split()[-1]
    a = dollars(s, 5, 25 if unit == "hour" else 120, "{it} " + per)
    n = s.given(s.draw(2, 12), f"{{it}} {unit}s of work")
    job = s.pick(*JOBS)
    s.say(f"[{{p}} <earn> {{a}} {per} {job} and <work> for {{n}} {unit}s.|{{p}} <get> {{a}} {per} for {job}. {{p.i}} <work> for {{n}} {unit}s.|For {job}, {{p}} <be> paid {{a}} {per}. {{p.i}} <do> this for {{n}} {unit}s.|{{p}} <work> {{n}} {unit}s {job} and <earn> {{a}} {per}.]", a=a, n=n)
    return s.derive(a, "*", n, "the money {p} earns", WHY["each"], unit="$")


@source
def hours_and_days(s):
    a, h, d = dollars(s, 6, 25, "{it} an hour"), s.given(s.draw(2, 8), "{it} hours a day"), s.given(s.draw(2, 6), "{it} days")
    s.say("[{p} <earn> {a} an hour and <work> {h} hours a day for {d} days.|{p} <work> {h} hours a day at {a} an hour. {p.i} <do> this for {d} days.|A [bakery|cafe|farm|garage] <pay> {p} {a} per hour. {p.i} <work> there on {d} days, {h} hours each day.]", a=a, h=h, d=d)
    day = s.derive(a, "*", h, "the pay for one day", WHY["each"], unit="$")
    return s.derive(day, "*", d, "the money {p} earns in all", WHY["each"], unit="$")


@source
def sales(s):
    s.noun("x", "ware", "baked", "maker")
    n, a = s.given(s.draw(3, 40), "{it} {x} are sold"), dollars(s, 2, 20, "each {x.s} costs {it}")
    s.say("[{p} <sell> {n} {x} for {a} each.|{p} <sell> {n} {x} at a [fair|market]. Each {x.s} <cost> {a}.|{p} <make> {n} {x} and <sell> all of them at {a} apiece.|At {p.my} stand a {x.s} <cost> {a}, and {n} of them <+be> sold.]", a=a, n=n)
    return s.derive(n, "*", a, "the money from the {x}", WHY["price"], unit="$")


@source
def two_sales(s):
    s.noun("x", "ware", "baked")
    s.noun("y", "ware", "maker")
    n, a, m, b = s.given(s.draw(2, 20), "{it} {x} are sold"), dollars(s, 2, 15, "each {x.s} costs {it}"), s.given(s.draw(2, 20), "{it} {y} are sold"), dollars(s, 2, 15, "each {y.s} costs {it}")
    s.say("[{p} <sell> {n} {x} for {a} each and {m} {y} for {b} each.|{p} <sell> {x} for {a} each and {y} for {b} each. One day {p.i} <sell> {n} {x} and {m} {y}.|A {x.s} <cost> {a} and a {y.s} <cost> {b} at {p.my} stand, where {n} {x} and {m} {y} <+be> sold.]", a=a, b=b, n=n, m=m)
    one = s.derive(n, "*", a, "the money from the {x}", WHY["price"], unit="$")
    two = s.derive(m, "*", b, "the money from the {y}", WHY["price"], unit="$")
    return s.derive(one, "+", two, "the money from both kinds", WHY["together"], unit="$")


@source
def saved_weekly(s):
    a, n = dollars(s, 3, 30, "{it} saved each week"), s.given(s.draw(3, 20), "{it} weeks")
    s.say("[{p} <save> {a} every week for {n} weeks.|For {n} weeks, {p} <put> {a} a week into a jar.|Each week {p} <put> aside {a}. {p.i} <do> so for {n} weeks.]", a=a, n=n)
    return s.derive(a, "*", n, "the money {p} has saved", WHY["each"], unit="$")


@source
def bills(s):
    v, w = s.r.sample((5, 10, 20, 50), 2)
    n, m = s.given(s.draw(2, 9), f"{{it}} bills of {v} dollars"), s.given(s.draw(2, 9), f"{{it}} bills of {w} dollars")
    a, b = s.known(v, ""), s.known(w, "")
    a.unit = b.unit = "$"
    s.say(f"[{{p}} <have> {{n}} bills of {v} dollars and {{m}} bills of {w} dollars.|In {{p.my}} wallet there <+be> {{n}} bills of {v} dollars each and {{m}} bills of {w} dollars each.]", n=n, m=m)
    one = s.derive(n, "*", a, f"the money in {v}-dollar bills", WHY["each"], unit="$")
    two = s.derive(m, "*", b, f"the money in {w}-dollar bills", WHY["each"], unit="$")
    return s.derive(one, "+", two, HAVE + " in both kinds of bills", WHY["together"], unit="$")


@source
def more_money(s):
    s.person("q")
    a, b = dollars(s, 8, 120, "{q} has {it}"), dollars(s, 3, 60, "{p} has {it} more than {q}")
    s.say("[{q} <have> {a}. {p} <have> {b} more than {q}.|{p} <have> {b} more than {q}, who <have> {a}.|{q} <save> {a}, and {p} <save> {b} more than that.]", a=a, b=b)
    s.values["other"] = a
    return s.derive(a, "+", b, HAVE, WHY["more"], unit="$")


@change
def spend(s, cur):
    b = dollars(s, 2, cur.value - 1, "{p} spends {it}")
    thing = s.pick("lunch", "a book", "a movie ticket", "a toy", "a present for a friend", "bus tickets", "a haircut", "snacks", "a new shirt")
    s.say(f"[Then {{p.i}} <spend> {{b}} on {thing}.|{{p.i}} <pay> {{b}} for {thing}.|{{p.i}} <use> {{b}} of the money for {thing}.|Out of this money, {{p.i}} <pay> {{b}} for {thing}.]", b=b)
    return s.derive(cur, "-", b, HAVE + " after paying for " + thing, WHY["spend"], unit="$")


@change
def buy_some(s, cur):
    s.noun("b", "ware", "food", "school", "thing")
    n = s.given(s.draw(2, 9), "{p} buys {it} {b}")
    price = dollars(s, 2, (cur.value - 1) // n.value, "each {b.s} costs {it}")
    s.say("[{p.i} <buy> {n} {b} for {m} each.|Then {p.i} <buy> {n} {b} at {m} apiece.|{p.i} <buy> {n} {b}, and each {b.s} <cost> {m}.|A {b.s} <cost> {m}, and {p.i} <buy> {n} of them.|{p.i} <pay> {m} for each of {n} {b}.]", n=n, m=price)
    cost = s.derive(n, "*", price, "the cost of the {b}", WHY["price"], unit="$")
    return s.derive(cur, "-", cost, HAVE + " after buying the {b}", WHY["spend"], unit="$")


@change
def buy_two_kinds(s, cur):
    s.noun("b", "ware", "school")
    s.noun("d", "food", "thing")
    a = dollars(s, 2, cur.value // 3, "the {b.s} costs {it}")
    b = dollars(s, 2, cur.value // 3, "the {d.s} costs {it}")
    s.say("[{p.i} <buy> a {b.s} for {m} and a {d.s} for {k}.|Then {p.i} <pay> {m} for a {b.s} and {k} for a {d.s}.|{p.i} <buy> two things: a {b.s} that <cost> {m}, and a {d.s} that <cost> {k}.]", m=a, k=b)
    cost = s.derive(a, "+", b, "the cost of both things", WHY["together"], unit="$")
    return s.derive(cur, "-", cost, HAVE + " after buying both things", WHY["spend"], unit="$")


@change
def earn_more(s, cur):
    b = dollars(s, 3, 80, "{p} gets {it} more")
    job = s.pick(*JOBS)
    s.say(f"[Then {{p.i}} <earn> {{b}} more by {job}.|After that, {{p.i}} <get> {{b}} for {job}.|{{p.his}} [aunt|uncle|grandmother|father] <give> {{p.me}} {{b}} more.|{{p.i}} <find> {{b}} in an old coat.|A friend <pay> back {{b}} that {{p.i}} had lent.]", b=b)
    return s.derive(cur, "+", b, HAVE + " after getting more", WHY["earn"], unit="$")


@change
def part_spent(s, cur):
    n = s.divisor(cur.value, 2, 6)
    k = s.given(n, mention=True)
    k.fact = s.plainly(f"{PARTS[n]} of the money is spent") if n in PARTS else ""
    if not k.fact:
        raise Unfit("no word for the part")
    s.say(f"[{{p.i}} <spend> {PARTS[n]} of it on [a gift|food|books].|Then {{p.i}} <give> {PARTS[n]} of the money to {{p.his}} [brother|sister].|{{p.i}} <put> {PARTS[n]} of the money [in the bank|into savings] and <keep> the rest.]")
    part = s.derive(cur, "/", k, f"{PARTS[n]} of the money", WHY["part"], unit="$")
    return s.derive(cur, "-", part, HAVE + " left after that", WHY["spend"], unit="$")


@change
def daily_costs(s, cur):
    d = s.given(s.draw(2, 7), "{it} days")
    m = dollars(s, 2, (cur.value - 1) // d.value, "{it} are spent each day")
    s.say("[For {d} days, {p.i} <spend> {m} a day on [food|the bus|lunch].|Each day {p.i} <pay> {m} for [lunch|the bus], for {d} days.|{p.i} <spend> {m} every day for {d} days.]", d=d, m=m)
    cost = s.derive(m, "*", d, "the money spent in all the days", WHY["each"], unit="$")
    return s.derive(cur, "-", cost, HAVE + " after those days", WHY["spend"], unit="$")


@change
def doubled(s, cur):
    if cur.value > 300:
        raise Unfit("too much")
    k = s.given(2, "the money is multiplied by {it}", mention=True)
    s.say("[{p.his} father <double> the money.|{p.his} parents <promise> to double what {p.i} had, and they <+do>.|By saving hard, {p.i} <double> this amount.]")
    return s.derive(cur, "*", k, HAVE + " after it is doubled", WHY["multiple"], unit="$")


@ending
def money_left(s, cur):
    s.ask(cur, "[How much money does {p} have now?|How many dollars does {p.i} have in the end?|How much money does {p.i} have after all this?|How many dollars does {p} have now?]", "the money {p} has now")


@ending
def too_little(s, cur):
    s.noun("z", "costly")
    price = dollars(s, cur.value + 5, cur.value + s.pick(30, 100, 200), "the {z.s} costs {it}")
    s.say("[{p.i} <want> to buy a {z.s} that <cost> {m}.|A {z.s} <cost> {m}, and {p} <want> to have one.|{p.i} <need> {m} for a {z.s}.|The {z.s} of {p.his} dreams <cost> {m}.]", m=price)
    gap = s.derive(price, "-", cur, "the money still missing", WHY["missing"], unit="$")
    if s.chance(0.45):
        n = s.divisor(gap.value, 2, 20)
        weekly = s.given(gap.value // n, "{it} can be saved each week", unit="$")
        s.say("[{p.i} can save {m} every week.|From now on, {p.i} can put aside {m} a week.|{p.i} gets {m} of pocket money each week and saves all of it.]", m=weekly)
        weeks = s.derive(gap, "/", weekly, "the number of weeks", WHY["fill"])
        s.ask(weeks, "[How many weeks does {p.i} have to save?|How many weeks will it take until {p} has enough?|In how many weeks will {p.i} have enough money for it?]", "the number of weeks")
        return
    s.ask(gap, "[How much more money does {p.i} need?|How many dollars are still missing?|How many more dollars does {p} have to save?]", "the money still missing")


@ending
def enough_for(s, cur):
    s.noun("z", "ware", "food", "school", "thing")
    price = s.given(s.divisor(cur.value, 2, 15), "one {z.s} costs {it}", unit="$")
    s.say("[{p.i} <spend> all of it on {z} that <+cost> {m} each.|With all this money, {p.i} <buy> {z} at {m} apiece.|{p.i} <want> to buy {z}. One {z.s} <cost> {m}.]", m=price)
    n = s.derive(cur, "/", price, "the number of {z} that {p} can buy", WHY["afford"])
    s.ask(n, "[How many {z} can {p.i} buy?|How many {z} does {p} get for the money?|For how many {z} is the money enough?]", "the number of {z} {p} can buy")


@ending
def split_evenly(s, cur):
    k = s.given(s.divisor(cur.value, 2, 9), "{it} people share the money")
    s.say("[{p.i} <share> all the money equally among {k} [cousins|children|charities].|Then {p.i} <divide> all of it equally among {k} [friends|people].|{k} friends <+split> the whole amount evenly.]", k=k)
    each = s.derive(cur, "/", k, "the money for each one", WHY["share"], unit="$")
    s.ask(each, "[How much money does each one get?|How many dollars does each of them get?|What is the share of each in dollars?]", "the money for each one")


@ending
def against_other(s, cur):
    other = s.values.get("other")
    if other is None:
        s.person("q")
        other = dollars(s, 5, 150, "{q} has {it}")
        s.say("[{q} <have> {b}.|{p.his} friend {q} <have> {b}.]", b=other)
    if s.chance(0.5):
        total = s.derive(cur, "+", other, "the money of both together", WHY["together"], unit="$")
        s.ask(total, "[How much money do {p} and {q} have together now?|How many dollars do the two of them have in all now?]", "the money of {p} and {q} together")
        return
    if cur.value == other.value:
        raise Unfit("no difference")
    (big, small, h, l) = (cur, other, "p", "q") if cur.value > other.value else (other, cur, "q", "p")
    gap = s.derive(big, "-", small, f"how much more money {{{h}}} has than {{{l}}}", WHY["difference"], unit="$")
    s.ask(gap, f"[How much more money does {{{h}}} have than {{{l}}} now?|How many dollars more than {{{l}}} does {{{h}}} have now?|By how many dollars is {{{l}}} behind {{{h}}} now?]", f"how much more money {{{h}}} has than {{{l}}}")


@ending
def profit(s, cur):
    cost = dollars(s, 2, cur.value - 1, "the costs are {it}")
    s.say("[{p.i} <have> to pay {m} for all the things needed for this.|The costs for {p.me} <+be> {m}.|To do this, {p.i} had to pay {m} first.]", m=cost)
    gain = s.derive(cur, "-", cost, "the profit", WHY["spend"], unit="$")
    s.ask(gain, "[What is {p.my} profit in dollars?|How much profit does {p} make?|How many dollars are left for {p.me} after the costs?]", "the profit of {p}")


def go_on(s, cur, kinds, max_changes):
    """Changes and an ending from this money on."""
    states = [cur]
    for _ in range(s.pick(*range(max_changes + 1))):
        turn = s.r.choice(CHANGES)
        if turn.__name__ in kinds:
            continue
        states.append(turn(s, states[-1]))
        kinds.append(turn.__name__)
    aside(s, 0.12)
    if len(states) > 2 and s.chance(0.15) and middle(s, states, "How many dollars did {p} have right WHEN?", "the money {p} had"):
        s.kinds = kinds + ["middle"]
        return
    endings = [e for e in ENDINGS if e is not money_left and (e is not profit or kinds[-1] in ("sales", "two_sales"))]
    end = money_left if s.chance(0.4) and len(states) > 1 else s.r.choice(endings)
    s.kinds = kinds + [end.__name__]
    end(s, states[-1])


def compose(s, max_changes=2):
    s.person("p")
    begin = s.r.choice(SOURCES)
    go_on(s, begin(s), [begin.__name__], max_changes)
