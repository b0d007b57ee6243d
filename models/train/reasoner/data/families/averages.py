"""Averages, sums and a missing number, remainders, number riddles, and working backwards."""

from ..english import times
from ..story import Unfit
from .registry import JUDGED, family
from .why import WHY


@family(weight=1.5)
def average(s):
    s.person("p")
    unit, x, verb = s.pick(("days", "pages", "<read>"), ("games", "goals", "<score>"), ("weeks", "dollars", "<earn>"), ("days", "visitors", "<count>"), ("days", "emails", "<write>"), ("months", "cars", "<sell>"), ("days", "laps", "<swim>"), ("days", "eggs", "<collect>"))
    s.values["x"] = x
    n = s.pick(2, 3, 3, 4)
    mean = s.draw(5, 40)
    values = [s.draw(max(2, mean - 10), mean + 10) for _ in range(n - 1)]
    last = mean * n - sum(values)
    if last < 2 or last > 3 * mean:
        raise Unfit("no fitting last number")
    missing = s.chance(0.3)
    names = ("first", "second", "third", "fourth")
    count = s.given(n, mention=True)
    count.fact = s.plainly(f"there are {n} numbers")
    given = [s.given(v, f"{{it}} {{x}} on the {name}") for v, name in zip(values, names)]
    single = unit[:-1]
    word = "on" if single == "day" else "in"
    if missing:
        m = s.given(mean, "the average is {it}")
        parts = " and ".join(f"{{v{i}}} {word} the {names[i]} {single}" for i in range(n - 1))
        s.say(f"[{{p}} {verb} {{x}} for {n} {unit}: {parts}.|Over {n} {unit} {{p}} {verb} {{x}}, with {parts}.] [The average <be> {{m}} {{x}} per {single}.|{{p.his}} average for all {n} {unit} <be> {{m}}.]", m=m, **{f"v{i}": q for i, q in enumerate(given)})
        total = s.derive(m, "*", count, "the total of all", f"[the total is the average times the number of {unit}|{n} {unit} with an average of {{a}} make {{a}} times {n}]")
        cur = total
        for i, q in enumerate(given):
            cur = s.derive(cur, "-", q, "the rest without the " + names[i] if i + 1 < len(given) else f"the {x} {word} the last {single}", WHY["missing"])
        s.ask(cur, f"[How many {{x}} were there {word} the last {single}?|How many {{x}} belong to the last {single}?]", f"the {x} {word} the last {single}")
        return
    given.append(s.given(last, f"{{it}} {{x}} on the {names[n - 1]}"))
    for q, name in zip(given, names):
        s.fact(q, f"{{it}} {{x}} {word} the {name} {single}")
    parts = ", ".join(f"{{v{i}}} {word} the {names[i]} {single}" for i in range(n - 1)) + f" and {{v{n - 1}}} {word} the {names[n - 1]}"
    s.say(f"[{{p}} {verb} {parts.replace('}', '} {x}', 1)}.|For {n} {unit}, {{p}} <note> how many {{x}} {{p.i}} {verb}: {parts}.]", **{f"v{i}": q for i, q in enumerate(given)})
    cur = given[0]
    for i, q in enumerate(given[1:]):
        cur = s.derive(cur, "+", q, "the total so far" if i + 2 < n else "the total", WHY["together" if i == 0 else "gain"])
    mean_q = s.derive(cur, "/", count, "the average", f"[the average is the total divided by the number of {unit}|we spread the total {{a}} evenly over {n} {unit}, so divide]")
    s.ask(mean_q, f"[What is the average number of {{x}} per {single}?|How many {{x}} is that per {single} on average?]", f"the average number of {{x}} per {single}")


@family(weight=0.8, use=JUDGED)
def remainder(s):
    """Full groups and what is left over."""
    s.person("p")
    s.noun("x", "thing", "food", "school")
    s.noun("c", "container")
    size, full = s.draw(3, 12), s.draw(2, 15)
    rest = s.draw(1, size - 1)
    total, k = s.given(size * full + rest, "{p} has {it} {x}"), s.given(size, "each {c.s} holds {it}")
    f = s.known(full, "")
    s.say("[{p} <have> {n} {x} and <put> {k} of them in each {c.s} until no full {c.s} is possible.|{p} <pack> {n} {x} into {c} of {k}. Only full {c} are closed.|Each {c.s} <hold> exactly {k} {x}. {p} <fill> as many {c} as possible from {n} {x}.]", n=total, k=k)
    inside = s.derive(f, "*", k, "the number of {x} in full {c}", f"{{b}} fits {full} times into {total.value} and no more, because {full + 1} times {{b}} is {size * (full + 1)}, so multiply {full} by {{b}}")
    left = s.derive(total, "-", inside, "the number of {x} left over", WHY["lose"])
    s.ask(left, "[How many {x} are left over?|How many {x} do not fit into a full {c.s}?|How many {x} remain?]", "the number of {x} left over")


@family(weight=1.5, use=JUDGED)
def riddle(s):
    """A number is changed a few times; the result or the beginning is asked."""
    start, count = s.draw(2, 40), s.pick(2, 2, 3)
    s.person("p")
    backward = s.chance(0.55)
    value, moves = start, []
    for _ in range(count):
        op = s.pick("+", "-", "*", "/")
        if op == "*" and value < 60:
            b = s.draw(2, 6)
        elif op == "/" and any(value % d == 0 for d in range(2, 7)) and value > 6:
            b = s.pick(*[d for d in range(2, 7) if value % d == 0])
        elif op == "-" and value > 5:
            b = s.draw(2, value - 2)
        else:
            op, b = "+", s.draw(2, 40)
        if moves and moves[-1][0] == op:
            raise Unfit("the same twice")
        value = {"+": value + b, "-": value - b, "*": value * b, "/": value // b}[op]
        moves.append((op, b))
    says = {"+": "[adds {b}|adds {b} to it|increases it by {b}]", "-": "[subtracts {b}|takes away {b}|makes it smaller by {b}]", "*": "[multiplies it by {b}|multiplies by {b}]", "/": "[divides it by {b}|divides by {b}]"}
    facts = {"+": "add {it}", "-": "subtract {it}", "*": "multiply by {it}", "/": "divide by {it}"}
    first = None if backward else s.given(start, "the number is {it}")
    numbers = [s.given(b, facts[op]) for op, b in moves]
    texts = [s.render(says[op], b=q) for (op, _), q in zip(moves, numbers)]
    chain = ", then ".join(texts[:-1]) + " and finally " + texts[-1] if len(texts) > 1 else texts[0]
    if not backward:
        s.sentences.append(s.tidy_render(f"[{{p}} starts with the number {{a}}. {{p.he}} {chain}.|{{p}} thinks of the number {{a}}, {chain}.]", a=first))
        cur = first
        why = {"+": "adding comes next in the order, so add {b}", "-": "subtracting comes next in the order, so subtract {b}", "*": "now it is multiplied by {b}", "/": "now it is divided by {b}"}
        for i, ((op, _), q) in enumerate(zip(moves, numbers)):
            cur = s.derive(cur, op, q, "the number after the " + ("first", "second", "third")[i] + " change", why[op])
        s.ask(cur, "[What number does {p} get?|What is the result?|Which number comes out?]", "the resulting number")
        return
    end = s.given(value, "the result is {it}")
    s.sentences.append(s.tidy_render(f"[{{p}} thinks of a number, {chain}. The result is {{e}}.|{{p}} has a secret number. {{p.he}} {chain}. Now it is {{e}}.|A secret number is kept by {{p}}, who {chain} and gets {{e}}.]", e=end))
    undo = {"+": ("-", "[the adding is undone by subtracting {b}|before {b} was added the number was smaller, so subtract {b}]"), "-": ("+", "[the subtracting is undone by adding {b}|before {b} was taken away the number was larger, so add {b}]"),
            "*": ("/", "[the multiplying is undone by dividing by {b}|before it was multiplied by {b} it was {b} times smaller, so divide]"), "/": ("*", "[the dividing is undone by multiplying by {b}|before it was divided by {b} it was {b} times larger, so multiply]")}
    cur = end
    for i, ((op, _), q) in enumerate(reversed(list(zip(moves, numbers)))):
        cur = s.derive(cur, undo[op][0], q, "the number at first" if i + 1 == count else "the number before the " + ("last", "middle")[i] + " change", undo[op][1])
    s.ask(cur, "[What was the number at first?|What number did {p} have in the beginning?|What number was it before all that?]", "the number at first")


@family(weight=2)
def backwards(s):
    """Somebody gives things away, step by step; how many there were at first is asked."""
    s.person("p"), s.person("g")
    s.noun("x", "thing", "food", "school", "baked", "flower")
    left = s.given(s.draw(3, 40), "{it} {x} are left")
    a = s.given(s.amount(2, 40), "{it} {x} go to {g}")
    mode = s.pick("two", "half", "friends", "found")
    s_have = "[{p} <have> some {x}.|There <+be> some {x} in {p.my} bag.]"
    if mode == "two":
        b = s.given(s.amount(2, 40), "{p} uses {it} {x}")
        s.say(s_have + " [{p.i} <give> {a} of them to {g} and <use> {b} {x} at home.|First {g} <get> {a} {x}, then {p.i} <use> {b} more.]" + " [Now there are {e} left.|{e} {x} <+be> left.]", a=a, b=b, e=left)
        mid = s.derive(left, "+", b, "the number of {x} before some were used", WHY["undo_loss"])
        q = s.derive(mid, "+", a, "the number of {x} at first", WHY["undo_loss"])
    elif mode == "half":
        k = s.given(2, "half of the {x} are sold", mention=True)
        s.say(s_have + " [{p.i} <sell> half of them, and then {p.i} <give> {a} {x} to {g}.|Half of the {x} <+be> sold. Then {g} <get> {a} of the others.] [Now there are {e} left.|{e} {x} <+be> left.]", a=a, e=left)
        mid = s.derive(left, "+", a, "the number of {x} after the half was sold", WHY["undo_loss"])
        q = s.derive(mid, "*", k, "the number of {x} at first", "[this is the other half, so the whole is twice as much|half of the start is {a}, so multiply by 2]")
    elif mode == "friends":
        n, m = s.given(s.draw(2, 8), "there are {it} friends"), s.given(s.draw(2, 12), "each friend gets {it}")
        a.mentioned = False
        s.say(s_have + " [{p.i} <give> {m} {x} to each of {n} friends and <keep> the last {e}.|Each of {n} friends <get> {m} {x}, and {e} <+be> left.]", n=n, m=m, e=left)
        gone = s.derive(n, "*", m, "the number of {x} given away", WHY["each"])
        q = s.derive(gone, "+", left, "the number of {x} at first", WHY["undo_loss"])
    else:
        b = s.given(s.draw(2, left.value + a.value - 1), "{p} finds {it} more")
        s.say(s_have + " [{p.i} <give> {a} of them to {g} and then <find> {b} more.|After giving {a} {x} to {g}, {p.i} <get> {b} new ones.] [Now {p.i} has {e} {x}.|Then there <+be> {e} {x}.]", a=a, b=b, e=left)
        mid = s.derive(left, "-", b, "the number of {x} before the new ones", WHY["undo_gain"])
        q = s.derive(mid, "+", a, "the number of {x} at first", WHY["undo_loss"])
    s.ask(q, "[How many {x} did {p} have at first?|How many {x} were there in the beginning?|How many {x} did {p} start with?]", "the number of {x} at first")


@family(weight=1)
def part_of_total(s):
    """Three parts, two of them known or compared, and a total."""
    s.person("p")
    a, b, c = s.r.sample(("red", "blue", "green", "yellow", "white", "black", "brown"), 3)
    s.noun("x", "thing", "school", "ware")
    n, m = s.given(s.draw(3, 40), f"{{it}} are {a}"), s.given(s.draw(3, 40), "")
    compared = s.chance(0.4)
    if compared:
        k = s.pick(2, 3)
        m.mentioned, m.value = True, k
        m.fact = s.plainly(f"there are {times(k)} as many {b} ones as {a} ones")
        second = s.derive(n, "*", m, f"the number of {b} {{x}}", WHY["multiple"])
        text = f"{{n}} of them <+be> {a} and {times(k)} as many <+be> {b}"
    else:
        s.fact(m, f"{{it}} are {b}")
        second = m
        text = f"{{n}} of them <+be> {a} and {{m}} <+be> {b}"
    both = s.derive(n, "+", second, f"the number of {a} and {b} {{x}}", WHY["together"])
    total = s.given(both.value + s.draw(2, 40), "there are {it} {x} in all")
    s.say(f"[{{p}} <have> {{t}} {{x}}. {text}. The others <+be> {c}.|There <+be> {{t}} {{x}} in a box. {text}, and the rest <+be> {c}.]", t=total, n=n, m=m)
    rest = s.derive(total, "-", both, f"the number of {c} {{x}}", WHY["missing"])
    s.ask(rest, f"[How many {{x}} are {c}?|How many {c} {{x}} are there?]", f"the number of {c} {{x}}")
