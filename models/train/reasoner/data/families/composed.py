"""Families made of freely combined events, also across themes: things that are sold and the money spent, money that buys things, two people with a story each."""

from ..story import Unfit
from . import counts, money, more_counts  # noqa: F401  (more_counts adds its events to counts)
from .registry import family
from .why import WHY


@family(weight=10)
def count_chain(s):
    counts.compose(s)


@family(weight=7)
def money_chain(s):
    money.compose(s)


def sell_and_go_on(s, cur):
    price = s.given(s.draw(2, 12), "each is sold for {it}", unit="$")
    s.say("[{p.i} <sell> all the {x} for {m} each.|Then {p.i} <sell> every one of them at {m} apiece.|At a market, {p.i} <sell> all of them for {m} each.|A shop <buy> all the {x} from {p.me} for {m} each.]", m=price)
    earned = s.derive(cur, "*", price, "the money {p} gets for the {x}", WHY["price"], unit="$")
    s.values.pop("other", None)
    money.go_on(s, earned, s.kinds, 1)


@family(weight=4)
def things_to_money(s):
    counts.compose(s, max_changes=1, end=sell_and_go_on)


@family(weight=3)
def money_to_things(s):
    """Money that buys things, which are then shared out, packed or compared."""
    s.person("p")
    begin = s.r.choice(money.SOURCES)
    cur = begin(s)
    s.noun("x", "thing", "food", "school", "ware")
    price = s.given(s.divisor(cur.value, 2, 15), "one {x.s} costs {it}", unit="$")
    s.say("[{p.i} <spend> all of it on {x} that <+cost> {m} each.|With all this money, {p.i} <buy> {x} at {m} apiece.|One {x.s} <cost> {m}, and {p.i} <use> all the money to buy {x}.]", m=price)
    things = s.derive(cur, "/", price, "the number of {x} {p} buys", WHY["afford"])
    s.values.pop("other", None)
    end = s.r.choice([e for e in counts.ENDINGS if e.__name__ not in ("final", "sold", "than_at_first", "cost_of_all")])
    s.kinds = [begin.__name__, "buys", end.__name__]
    end(s, things)


ALONE = {"counts": ("owned", "two_times", "three_kinds", "full_containers", "containers_and_loose", "rows", "per_day", "week_and_weekend", "two_containers", "some_missing_from_set"),
         "money": ("has", "gifts", "wages", "hours_and_days", "saved_weekly", "bills", "sales")}


def own_story(s, module, key):
    """One person's quantity, by a source and perhaps a change; every fact and step names the person."""
    s.values["p"] = s.values[key]
    s.whose = s.values[key].name
    sources = [f for f in module.SOURCES if f.__name__ in ALONE[module.__name__.rsplit(".", 1)[1]]]
    begin = s.r.choice(sources)
    cur = begin(s)
    s.kinds.append(begin.__name__)
    if s.chance(0.3):
        change = s.r.choice(module.CHANGES)
        cur = change(s, cur)
        s.kinds.append(change.__name__)
    s.whose = ""
    return cur


def two_people(s, module, things, unit):
    s.person("u"), s.person("v")
    first, second = own_story(s, module, "u"), own_story(s, module, "v")
    mode = s.pick("total", "total", "gap", "gap", "goal", "shared")
    if mode == "gap":
        if first.value == second.value:
            raise Unfit("no difference")
        hi, lo, h, k = (first, second, "u", "v") if first.value > second.value else (second, first, "v", "u")
        gap = s.derive(hi, "-", lo, f"how many more {things} {{{h}}} has than {{{k}}}", WHY["difference"], unit=unit)
        s.ask(gap, f"[How many more {things} does {{{h}}} have than {{{k}}}?|How many fewer {things} does {{{k}}} have than {{{h}}}?|By how many {things} is {{{h}}} ahead of {{{k}}}?]", f"how many more {things} {{{h}}} has than {{{k}}}")
        return
    both = s.derive(first, "+", second, f"the number of {things} of {{u}} and {{v}} together", WHY["together"], unit=unit)
    if mode == "total":
        s.ask(both, f"[How many {things} do {{u}} and {{v}} have together?|How many {things} do the two of them have in all?|What is the total number of {things} of {{u}} and {{v}}?]", f"how many {things} {{u}} and {{v}} have together")
    elif mode == "goal":
        goal = s.given(both.value + s.amount(3, 60), f"they need {{it}} {things}")
        s.say(f"[Together they want to have {{t}} {things}.|For a plan of theirs, {{u}} and {{v}} need {{t}} {things}.]", t=goal)
        q = s.derive(goal, "-", both, f"the {things} still missing", WHY["missing"], unit=unit)
        s.ask(q, f"[How many {things} are still missing?|How many more {things} do they need?]", f"the {things} still missing")
    else:
        k = s.given(s.divisor(both.value, 2, 10), "{it} people share all")
        s.say(f"[They put everything together and share it equally among {{k}} people.|All their {things} are put together and split equally among {{k}} people.]", k=k)
        q = s.derive(both, "/", k, f"the {things} for each", WHY["share"], unit=unit)
        s.ask(q, f"How many {things} does each person get?", f"the {things} for each person")


@family(weight=5)
def two_with_things(s):
    s.noun("x", "thing", "food", "school", "flower")
    two_people(s, counts, "{x}", "")


@family(weight=4)
def two_with_money(s):
    two_people(s, money, "dollars", "$")
