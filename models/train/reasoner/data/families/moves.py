"""Moves along a scale, two opposite flows, equal groups of which all but some are done, and work that grows from day to day. The things are in `moves_themes.py`."""

import re

from ..story import Unfit
from .moves_themes import BATCHES, FLOWS, MOVERS, WORKS
from .one_step import aside
from .registry import family
from .why import WHY

BEFORE = "[ at first| to begin with| in the beginning| before all this]"
AFTER = "[ in the end| after that| then| when all this <be> over]"
DOUBLED = {"get", "slip", "let", "drop", "put"}
VERB = re.compile(r"^<(\w+)>")


def gerund(phrase):
    """`<rise> 3 meters` to `rising 3 meters`."""
    verb = VERB.match(phrase)[1]
    stem = verb + verb[-1] if verb in DOUBLED else verb[:-1] if verb.endswith("e") and verb not in ("be", "see") else verb
    return stem + "ing" + phrase[len(verb) + 2:]


def some(clause):
    """The clause with a number of things that is not told."""
    return clause.replace("{n}", "a certain number of", 1)


def how_many(phrase):
    """The question for the number of a move: `<rise> by {n} meters` to `By how many meters <do> {s} rise`."""
    verb, middle, by, unit, rest = re.match(r"<(\w+)>(.*?)( by)? \{n\} ([\w]+)(.*)$", phrase).groups()
    head = ("By how many " if by else "How many ") + unit
    return f"{head} <be> {{s}}{middle}{rest}" if verb == "be" else f"{head} <do> {{s}} {verb}{middle}{rest}"


MOVED = {  # by (whether the move is undone, whether the number rises)
    (False, True): "[{move} makes the number larger, so add {b} to {a}|it goes from {a} to a number that is {b} larger, so add|after {move} the number is larger by {b}, so this is a sum]",
    (False, False): "[{move} makes the number smaller, so subtract {b} from {a}|it goes from {a} to a number that is {b} smaller, so subtract|after {move} the number is smaller by {b}, so take {b} away from {a}]",
    (True, True): "[{move} made the number smaller, so before that it was larger: add {b} to {a}|we go back: undo the loss of {b} by adding it to {a}|before {move} the number was larger by {b}, so add]",
    (True, False): "[{move} made the number larger, so before that it was smaller: subtract {b} from {a}|we go back: undo the gain of {b} by taking it away from {a}|before {move} the number was smaller by {b}, so subtract]",
}
GAP = "[this move goes from one of the two numbers to the other, so its size is the difference of {a} and {b}|the move lies between {b} and {a}, so subtract|we compare the number before the move with the one after it: {a} minus {b}]"
READY = "[all but {b} of the {a} {G} are {done}, so this is {a} minus {b}|the {b} {G} that are not {done} do not count, so take {b} away from {a}|of {a} {G} only {b} are missing, so subtract {b}]"
WAITING = "[{b} of the {a} {G} are {done} and the rest is not, so subtract|what is not {done} yet is {a} minus {b}|without the {b} {G} that are {done}, the others of the {a} remain: subtract]"


class Track:
    """A thing that moves in a story: its places and moves with the right word for the thing."""

    def __init__(self, s, count):
        self.s, self.theme = s, s.r.choice(MOVERS)
        theme = self.theme
        if "{p" in "".join((theme.thing, *theme.at)):
            s.person("p")
        self.first, self.later, self.pronoun = theme.thing.split("|")
        self.seen, self.parts = False, {}
        self.signs = [s.chance(0.5) for _ in range(count)]
        if count == 2 and s.chance(0.6):
            self.signs[1] = not self.signs[0]
        for _ in range(20):
            places = [s.draw(*theme.start)]
            for up in self.signs:
                step = s.draw(*theme.step)
                places.append(places[-1] + (step if up else -step))
            if min(places) >= 2:
                break
        else:
            raise Unfit("off the scale")
        self.places = places
        self.phrases = []
        for up in self.signs:
            left = [x for x in (theme.ups if up else theme.downs) if x not in self.phrases]
            if not left:
                raise Unfit("no other words")
            self.phrases.append(s.r.choice(left))
        if theme.intro:
            s.say(theme.intro)

    def place(self, key, index, fact):
        clause = self.s.r.choice(self.theme.at)
        self.s.values[key] = quantity = self.s.given(self.places[index], fact + " " + clause.replace("{n}", "{it}").replace("{S}", self.later))
        self.parts[key] = clause.replace("{n}", "{" + key + "}")
        if key == "a":
            self.parts["f"] = self.theme.origin.replace("{n}", "{a}")
        return quantity

    def move(self, index, hidden=False):
        phrase, name = self.phrases[index], f"m{index + 1}"
        quantity = None
        if hidden:
            phrase = some(phrase)
        else:
            order = ("first ", "then ", "last ")[index]
            self.s.values[name] = quantity = self.s.given(abs(self.places[index + 1] - self.places[index]), order + self.later + " " + phrase.replace("{n}", "{it}"))
        self.parts[str(index + 1)] = phrase.replace("{n}", "{" + name + "}")
        self.parts[f"g{index + 1}"] = gerund(phrase).replace("{n}", "{" + name + "}")
        return quantity

    def say(self, *patterns):
        text = re.sub(r"@(g?\w)", lambda m: self.parts[m[1]], self.s.pick(*patterns))

        def name(_):
            word = self.first if not self.seen else self.pronoun if self.s.chance(0.6) else self.later
            self.seen = True
            return word

        self.s.say(re.sub(r"\{S\}", name, text))

    def named(self, text):
        word = self.first if not self.seen else self.pronoun if self.s.chance(0.5) else self.later
        return text.replace("{s}", word)

    def after(self, index):
        return f"{self.theme.level} after {self.parts[f'g{index + 1}']}"

    def step(self, level, index, quantity, what, back=False):
        """The number after the move or, going `back`, before it."""
        rises = self.signs[index] != back
        return self.s.derive(level, "+" if rises else "-", quantity, what, MOVED[back, rises], move=self.s.plainly(self.parts[f"g{index + 1}"]))


@family(weight=1.1)
def track_end(s):
    track = Track(s, s.pick(2, 2, 2, 2, 3))
    start, moves = track.place("a", 0, "at first"), [track.move(i) for i in range(len(track.signs))]
    if len(moves) == 2:
        track.say("@a. {S} @1 and then @2.", "@a; {S} @1 and then @2.", "@a. First {S} @1. [Then|After that|Next], {S} @2.", "From @f, {S} @1, and then {S} @2.", "Starting from @f, {S} first @1 and then @2.", "Before @g2, {S} @1. At the very start, @a.",
                  "After @g1 from @f, {S} @2.", "@a, @1, and then @2.", "At first, @a. {S} then @1, but a little later {S} @2.", "{S} first @1 and then @2. Before these two moves, @a.", "@a when it all <begin>. There <+be> two moves: {S} @1, and after that {S} @2.",
                  "@a. Having started there, {S} @1, and after a short while {S} @2.", "@a before {S} @1 and, after that, @2.",
                  "Two moves <+follow> one another: {S} first @1, and then {S} @2. All this <begin> at @f.", "@a, and then {S} @1. A moment later, {S} @2.", "Having begun at @f, {S} @2 immediately after @g1.", "{S} @1, beginning at @f. Next, {S} @2.")
    else:
        track.say("@a. {S} @1, then @2, and finally @3.", "From @f, {S} @1, then {S} @2, and last of all {S} @3.", "@a. First {S} @1. Then {S} @2. At last, {S} @3.", "@a. After @g1 and @g2, {S} @3.", "Starting from @f, {S} first @1, then @2 and in the end @3.")
    aside(s, 0.08)
    level = start
    for i, move in enumerate(moves):
        level = track.step(level, i, move, track.after(i))
    question = track.named(s.r.choice(track.theme.asks))
    if s.chance(0.4) and "<end>" not in question and "<stop>" not in question:
        question = question.replace("<be>", "is").replace("<do>", "does") + " now?"
    else:
        question += "?" if "<end>" in question or "<stop>" in question else AFTER + "?"
    s.ask(level, question, track.theme.level + " in the end")


@family(weight=0.8)
def track_start(s):
    track = Track(s, 2)
    first, second = track.move(0), track.move(1)
    end = track.place("e", 2, "in the end")
    track.say("{S} @1 and then @2. In the end, @e.", "After @g1 and then @g2, @e.", "@e after first @g1 and then @g2.", "First {S} @1, then {S} @2, and in the end @e.", "In the end, @e. Before that, {S} @1 and then @2.", "{S} @1. After that, {S} @2, and so @e.",
              "Before @g2, {S} @1. When both moves <+be> done, @e.", "Nobody <know> where it all <begin>, but {S} first @1 and then @2. After these two moves, @e.")
    aside(s, 0.08)
    middle = track.step(end, 1, second, f"{track.theme.level} before {track.parts['g2']}", back=True)
    start = track.step(middle, 0, first, f"{track.theme.level} at first", back=True)
    question = track.named(s.r.choice([x for x in track.theme.asks if "<end>" not in x and "<stop>" not in x] or ["What <be> " + track.theme.level]))
    s.ask(start, question.replace("<be>", "was").replace("<do>", "did") + (BEFORE if not question.endswith(" at") else "[ to begin with| before all this]") + "?", track.theme.level + " at first")


@family(weight=0.8)
def track_move(s):
    """One of two opposite moves is asked for."""
    track = Track(s, 2)
    if track.signs[0] == track.signs[1]:
        raise Unfit("the moves would sound alike")
    hidden = s.pick(0, 1)
    start = track.place("a", 0, "at first")
    known = track.move(1 - hidden)
    track.move(hidden, hidden=True)
    end = track.place("e", 2, "in the end")
    track.say("@a. {S} @1 and then @2. In the end, @e.", "From @f, {S} @1 and then @2, and so @e in the end.", "After @g1 and then @g2, @e. At first, @a.", "@a. First {S} @1. Then {S} @2, and after that @e.", "At the start, @a. {S} @1, then {S} @2, and after these two moves @e.",
              "In the end, @e. At first, @a, but {S} @1 and then @2.", "Starting from @f, {S} @1. Then {S} @2. After this, @e.")
    aside(s, 0.08)
    if hidden == 1:
        middle = track.step(start, 0, known, track.after(0))
        low, high = (middle, end) if track.signs[1] else (end, middle)
    else:
        middle = track.step(end, 1, known, f"{track.theme.level} before {track.parts['g2']}", back=True)
        low, high = (start, middle) if track.signs[0] else (middle, start)
    question = how_many(track.phrases[hidden])
    unit = re.search(r"\{n\} (\w+)", track.phrases[hidden])[1]
    target = s.derive(high, "-", low, f"the number of {unit} of the {('first', 'second')[hidden]} move", GAP)
    s.ask(target, track.named(question) + "?", f"the number of {unit} of the {('first', 'second')[hidden]} move")


KNOWN = re.compile(r"\ban? (museum|warehouse|hive|pile|library|animal shelter|hospital|roof|anthill|power station|parking garage|rental station|snack machine|phone battery|money box|sawmill|bakery|print shop)\b")
TOGETHER = "[{a} come and {b} go in the same time, so the difference is what counts|one goes up and the other goes down at once, so take {b} from {a}|they work against each other, so subtract {b} from {a}]"
PERIODS = "[the same change of {a} comes {b} times, so multiply|in one {T} it is {a}, so in {b} {T}s it is {b} times as much|{b} {T}s with {a} each are {a} times {b}]"
COUNT = "[each {T} brings {b}, so we count how often {b} fits into {a}|one {T} takes care of {b} out of {a}, so divide|{a} at {b} per {T} is a division]"


@family(weight=2.1)
def two_flows(s):
    theme = s.r.choice(FLOWS)
    if "{p}" in "".join((*theme.ins, *theme.has)):
        s.person("p")
    s.values.update(T=s.pick(*theme.times.split()), x=theme.x)
    low, high = theme.rates
    i, o, t = s.draw(low, high), s.draw(low, high), s.draw(2, s.pick(6, 12))
    net = abs(i - o)
    mode = s.pick("empty", "empty", "end", "end", "net", "net", "gain", "until")
    up = i > o
    if net < 2 or mode == "empty" and not (up and theme.empty):
        raise Unfit("no such change")
    a = s.draw(*theme.start)
    if not up and mode in ("end", "until"):
        a = net * t + s.draw(2, theme.start[1]) if mode == "end" else net * t
    if max(a, a + net * t) > theme.cap or mode == "empty" and net * t > theme.cap:
        raise Unfit("too much")
    come_in, go_out = s.r.choice(theme.ins), s.r.choice(theme.outs)
    come, go = s.given(i, come_in.replace("{n}", "{it}") + " each {T}"), s.given(o, go_out.replace("{n}", "{it}") + " each {T}")
    s.values.update(i=come, o=go)
    come_in, go_out = come_in.replace("{n}", "{i}"), go_out.replace("{n}", "{o}")
    start = begin = None
    if mode == "end" or mode == "until" and not up:
        has = s.r.choice(theme.has)
        start = s.given(a, "at first " + has.replace("{n}", "{it}"))
        s.values["a"] = start
        begin = has.replace("{n}", "{a}")
    elif mode == "empty":
        begin = theme.empty
    elif mode == "until":
        mode = "gain"
    time = goal = None
    if mode in ("empty", "end", "net"):
        time = s.given(t, s.pick("it goes on for {it} {T}s", "the time is {it} {T}s"))
        s.values["t"] = time
    elif mode == "gain":
        goal = s.given(net * t, f"the {'gain' if up else 'loss'} in all is {{it}} {{x}}")
        s.values["g"] = goal
    told = time is not None and s.chance(0.35)
    during = " for {t} {T}s" if told else ""
    flows = s.pick(f"[Every|Each] {{T}}{during}, {come_in} and {go_out}.", f"{come_in} [every|each] {{T}}{during}, while {go_out}.", f"While {come_in} every {{T}}{during}, {go_out} in the same time.", f"{come_in} [each|every] {{T}}{during}, but {go_out}, too.", f"[Every|Each] {{T}}, {come_in}. In the same {{T}}, {go_out}." + (" This <go> on for {t} {T}s." if told else ""),
                   f"{come_in} every {{T}}. At the same time, {go_out} every {{T}}." + (" {t} {T}s <+pass> like this." if told else ""), f"{come_in} per {{T}}. On the other hand, {go_out} per {{T}}." + (" It <be> like this for {t} {T}s." if told else ""), f"Two things <+happen> [every|each] {{T}}{during}: {come_in}, and {go_out}.")
    if begin and s.chance(0.5):
        s.say(s.pick("At first, " + begin + ".", begin + " [at first|to begin with|in the beginning].", "At the start, " + begin + "."))
        flows = KNOWN.sub(r"the \1", flows)
        s.say(flows)
    else:
        s.say(flows)
        if begin:
            s.say(s.pick("At first, " + begin + ".", "When this <begin>, " + begin + ".", "Before all this, " + begin + "."))
    aside(s, 0.08)
    word = "grow" if up else "shrink"
    unit = "" if theme.level.startswith("the number") else " " + theme.x.split(" of ")[0]
    hi, lo = (come, go) if up else (go, come)
    rate = s.derive(hi, "-", lo, f"by how much {theme.level} {word}s each {{T}}", TOGETHER if up else WHY["difference"])
    if mode == "gain":
        target = s.derive(goal, "/", rate, "the number of {T}s", COUNT)
        by = "{g}" + unit
        s.ask(target, s.pick(f"How many {{T}}s <do> it take until {theme.level} <have> {'grown' if up else 'shrunk'} by {by}?", f"After how many {{T}}s <have> {theme.level} {'risen' if up else 'fallen'} by {by}?", f"How many {{T}}s <+be> needed for a {'gain' if up else 'loss'} of {{g}} {{x}}?"),
              f"the number of {{T}}s until {theme.level} has {'grown' if up else 'shrunk'} by {by}")
        return
    if mode == "until":
        target = s.derive(start, "/", rate, "the number of {T}s until nothing is left", COUNT)
        s.ask(target, s.pick("How many {T}s <do> it take until nothing <be> left?", "After how many {T}s <be> nothing left?", f"How many {{T}}s <do> it take until {theme.level} <be> zero?"), f"the number of {{T}}s until {theme.level} is zero")
        return
    change = s.derive(rate, "*", time, f"by how much {theme.level} {word}s in {{t}} {{T}}s" if mode != "empty" else f"{theme.level} after {{t}} {{T}}s", PERIODS)
    when = "[ after that| in the end| after this time]" if told else "[ after {t} {T}s| when {t} {T}s <+be> over| {t} {T}s later]"
    if mode == "net":
        much = "many" + unit if unit else "much"
        span = "[ in this time| in all this time]" if told else "[ in {t} {T}s| within {t} {T}s| over {t} {T}s]"
        s.ask(change, s.pick(f"By how {much} <do> {theme.level} {word}{span}?", f"By how {much} <do> {theme.level} {'rise' if up else 'fall'}{span}?", f"What <be> the {'gain' if up else 'loss'} in {{x}}{span}?"), f"by how much {theme.level} {word}s in {{t}} {{T}}s")
        return
    target = change if mode == "empty" else s.derive(start, "+" if up else "-", change, f"{theme.level} after {{t}} {{T}}s", WHY["gain" if up else "lose"])
    s.ask(target, s.r.choice(theme.asks) + when + "?", f"{theme.level} after {{t}} {{T}}s")


def batch(s):
    """(theme, number of groups, size, number left)."""
    theme = s.r.choice(BATCHES)
    s.person("p")
    n, m = s.draw(*theme.many), s.draw(*theme.size)
    left = s.draw(2, min(n - 2, 9))
    s.values.update(G=theme.G, g=theme.g, x=theme.x, done=theme.done, do=theme.do)
    s.values["n"] = s.given(n, "there are {it} {G}")
    return theme, n, m, left


BUT = ("[So far|By noon|By evening], all but {k} of the {G} <+be> {done}.", "All {G} except {k} <+be> {done}.", "[{p} <have> {done} all but {k} of the {G}|{p} <have> already {done} all but {k} of them].", "Only {k} of the {G} <+be> not {done} yet.", "{k} {G} <+be> still to be {done}, the others <+be> ready.",
       "The work <be> over for all but {k} of them.", "When {p} <take> a break, only {k} {G} <+be> left to {do}.", "{p} <have> just {k} {G} left to {do}.", "{k} of the {G} still <+have> to be {done}; with the rest, {p} <be> through.", "With the exception of {k}, all the {G} <+be> {done}.", "Apart from {k} {G} that {p} still <have> to {do}, everything <be> {done}.")


@family(weight=1.5)
def all_but(s):
    """All but some of the groups are done; asked is what is done, the size of a group, or the lead of what is done."""
    theme, n, m, k = batch(s)
    mode = s.pick("done", "done", "done", "size", "lead")
    if mode == "lead" and n - 2 * k < 2:
        raise Unfit("no lead")
    groups = s.values["n"]
    if mode != "size":
        size = s.values["m"] = s.given(m, "each {g} has {it} {x}")
        facts = s.pick(*[theme.start + "."] * 5, "There <+be> {n} {G} to be {done}. Each of them <have> {m} {x}.", "{p} <have> {n} {G} to {do}, and every {g} <have> {m} {x}.", "Each {g} <have> {m} {x}, and there <+be> {n} {G} to {do}.", "{n} {G} with {m} {x} each <+be> to be {done}.",
                       "{p} <have> {n} {G} on a list. In every {g} there <+be> {m} {x} to be {done}.")
    else:
        facts = s.pick("There <+be> {n} {G}, all with the same number of {x}.", "{p} <have> {n} {G} to {do}. All {G} <+have> equally many {x}.", "{n} {G} with the same number of {x} in each <+be> to be {done}.")
    left = s.values["k"] = s.given(k, s.pick("all but {it} {G} are {done}", "{it} {G} are not {done} yet"))
    s.say(facts)
    s.say(s.pick(*BUT))
    aside(s, 0.1)
    ready = s.derive(groups, "-", left, "the number of {G} that are {done}", READY)
    if mode == "size":
        total = s.values["d"] = s.given((n - k) * m, "{it} {x} are {done}")
        s.say(s.pick("In all, {d} {x} <+be> {done} so far.", "Together, the finished {G} <+have> {d} {x}.", "{d} {x} <+be> {done} by then."))
        one = s.derive(total, "/", ready, "the number of {x} for each {g}", WHY["share"])
        s.ask(one, "[How many {x} belong to each {g}?|How many {x} are there for each {g}?|What is the number of {x} for one {g}?]", "the number of {x} for each {g}")
        return
    done = s.derive(ready, "*", size, "the number of {x} that are {done}", WHY["groups"])
    if mode == "done":
        s.ask(done, "[How many {x} <+be> {done} [so far|already|by then]?|How many {x} <have> {p} {done} so far?|What <be> the number of {x} that <+be> {done}?|How many {x} <+be> in the {G} that <+be> {done}?]", "the number of {x} that are {done}")
        return
    rest = s.derive(left, "*", size, "the number of {x} that are not {done} yet", WHY["groups"])
    s.ask(s.derive(done, "-", rest, "how many more {x} are {done} than not", WHY["difference"]), "[How many more {x} <+be> {done} than still to be {done}?|By how many <be> the number of {x} that <+be> {done} larger than the number of those that <+be> not?]", "how many more {x} are {done} than not")


@family(weight=0.8)
def some_done(s):
    """Some of the groups are done; asked is what remains."""
    theme, n, m, k = batch(s)
    groups, size = s.values["n"], s.given(m, "each {g} has {it} {x}")
    ready = s.given(n - k, "{it} {G} are {done}")
    s.values.update(m=size, r=ready)
    s.say(theme.start + ".")
    s.say("[{r} of the {G} <+be> {done}.|{p} <have> {done} {r} {G} so far.|By noon, {r} {G} <+be> {done}.|So far {p} <be> through with {r} of them.|After an hour {p} <have> {done} {r} of the {G}.|{r} {G} <+be> ready, the others <+be> not.]")
    aside(s, 0.1)
    left = s.derive(groups, "-", ready, "the number of {G} that are not {done} yet", WAITING)
    s.ask(s.derive(left, "*", size, "the number of {x} that are not {done} yet", WHY["groups"]), "[How many {x} <+be> not {done} yet?|How many {x} still <+have> to be {done}?|How many {x} <+be> left to {do}?|What number of {x} <do> {p} still have to {do}?]", "the number of {x} that are not {done} yet")


@family(weight=0.4, group="one_step")
def rest_of_batch(s):
    """All but some of the groups are done; what remains needs no number of groups."""
    theme, _, m, k = batch(s)
    size, left = s.given(m, "each {g} has {it} {x}"), s.given(k, "{it} {G} are not {done} yet")
    s.values.update(m=size, k=left)
    s.fact(s.values["n"], "there are {it} {G} in all")
    s.say(theme.start + ".")
    s.say(s.pick(*BUT))
    aside(s, 0.1)
    s.ask(s.derive(left, "*", size, "the number of {x} that are not {done} yet", WHY["groups"]), "[How many {x} <+be> not {done} yet?|How many {x} still <+have> to be {done}?|How many {x} <+be> left to {do}?]", "the number of {x} that are not {done} yet")


DAYS = ("first", "second", "third", "fourth")


@family(weight=1.5)
def daily_growth(s):
    """The first day is known and each day is a bit more or less than the one before; asked is a day, a sum, the first day or the step."""
    theme = s.r.choice(WORKS)
    s.person("p")
    first, later, pronoun = theme.who.split("|")
    time = s.pick(*theme.times.split())
    on = "in" if time in ("week", "month", "hour", "lesson") else "on"
    plural, verb = theme.do.startswith("+"), theme.do.lstrip("+")
    do = "<+do>" if plural else "<do>"
    s.values.update(T=time, x=theme.x, who=later)
    up = s.chance(0.65)
    a, b = s.draw(*theme.first), s.draw(*theme.step)
    values = [a + (b if up else -b) * i for i in range(4)]
    if min(values) < 2:
        raise Unfit("nothing left to do")
    mode = s.pick("two days", "third", "third", "fourth", "sum", "sum", "start", "step")
    more, grow, sign = ("more", "grow", "+") if up else (s.pick("fewer", "less") if theme.x in ("minutes", "dollars", "meters", "liters of milk") else "fewer", "shrink", "-")
    act = f"<{theme.do}>"
    m_x = "{x} less" if more == "less" else f"[{more} {{x}}|{{x}} {more}]"
    begin = s.given(a, f"{on} the first {{T}} {later} {act} {{it}} {{x}}") if mode != "start" else None
    step = s.given(b, f"each {{T}} {later} {act} {{it}} {{x}} {more} than {on} the {{T}} before") if mode != "step" else None
    known = s.given(values[2], f"{on} the third {{T}} {later} {act} {{it}} {{x}}") if mode in ("start", "step") else None
    s.values.update(a=begin, b=step, c=known)
    number = f"the number of {theme.x}"
    if mode in ("start", "step"):
        rule = f"[Each {{T}}, {first} {act} {{b}} {m_x} than the {{T}} before.|From {{T}} to {{T}}, the number of {{x}}{theme.tail} that {first} {act} <{grow}> by {{b}}.]" if mode == "start" else (
            f"[From one {{T}} to the next, the number of {{x}}{theme.tail} that {first} {act} <{grow}> by the same amount.|Each {{T}}, the number of {{x}}{theme.tail} that {first} {act} <be> a little {'higher' if up else 'lower'} than before, always by the same amount.]")
        s.say(rule)
        s.say(f"[{on} the third {{T}}, {pronoun} {act} {{c}} {{x}}.|{pronoun} {act} {{c}} {{x}} {on} the third {{T}}.|It <be> {{c}} {{x}} {on} the third {{T}}.]" if mode == "start" else f"[{on} the first {{T}}, {pronoun} {act} {{a}} {{x}}, and {on} the third {{T}} {{c}}.|It <be> {{a}} {{x}} {on} the first {{T}} and {{c}} {on} the third.|{{a}} {{x}} {on} the first {{T}} <+have> become {{c}} {on} the third.]")
    else:
        s.say(s.pick(f"{on} the first {{T}}, {first} {act} {{a}} {{x}}{theme.tail}. Every {{T}} after that, {pronoun} {act} {{b}} {m_x} than the {{T}} before.",
                     f"{first} {act} {{a}} {{x}}{theme.tail} {on} the first {{T}} and then, {on} each following {{T}}, {{b}} {more} than {on} the one before.",
                     f"Each {{T}}, {first} {act} {{b}} {m_x} than the {{T}} before. {on} the first {{T}} it <be> {{a}} {{x}}{theme.tail}.",
                     f"The number of {{x}}{theme.tail} that {first} {act} <{grow}> by {{b}} from one {{T}} to the next. It <be> {{a}} {on} the first {{T}}.",
                     f"{first} {act} {{a}} {{x}}{theme.tail} {on} the first {{T}}. {on} every further {{T}} it <be> {{b}} {more}.",
                     f"With {{a}} {{x}}{theme.tail} {on} the first {{T}}, {first} <{'+' if plural else ''}make> a start. Each following {{T}}, {pronoun} {act} {{b}} {m_x} than before.",
                     f"{{a}} {{x}}{theme.tail} <+be> what {first} {act} {on} the first {{T}}. After that, every {{T}} <bring> {{b}} {m_x} than the last one.",
                     f"{first} {act} {{b}} {m_x} every {{T}} than {on} the {{T}} before. The first {{T}} <bring> {{a}} {{x}}{theme.tail}.",
                     f"{{b}} {m_x} every {{T}}: that <be> {first}'s plan after {{a}} {{x}}{theme.tail} {on} the first {{T}}." if first == "{p}" else f"{first} {act} {{a}} {{x}}{theme.tail} {on} the first {{T}}, and {{b}} {m_x} {on} each {{T}} than {on} the one before it."))
    aside(s, 0.08)
    if mode == "start":
        back = "undo_gain" if up else "undo_loss"
        second = s.derive(known, "-" if up else "+", step, f"{number} {on} the second {{T}}", WHY[back])
        target = s.derive(second, "-" if up else "+", step, f"{number} {on} the first {{T}}", WHY[back])
        s.ask(target, f"[How many {{x}} were there {on} the first {{T}}?|How many {{x}} did {later} {verb} {on} the first {{T}}, to begin with?]", f"{number} {on} the first {{T}}")
        return
    if mode == "step":
        hi, lo = (known, begin) if up else (begin, known)
        gap = s.derive(hi, "-", lo, f"how many {more} {{x}} it is {on} the third {{T}} than {on} the first" if up else f"how many more {{x}} it is {on} the first {{T}} than {on} the third", WHY["difference"])
        target = s.derive(gap, "/", s.known(2, ""), f"how many {{x}} {more} it is each {{T}}", "[from the first {T} to the third there are two equal changes, so divide {a} by 2|two steps make {a}, so one step is half of it]")
        s.ask(target, s.pick(f"How many {{x}} {more} {do} {later} {verb} each {{T}} than the {{T}} before?", f"By how many {{x}} <do> the number {grow} each {{T}}?"), f"how many {{x}} {more} it is each {{T}}")
        return
    level, levels = begin, [begin]
    for i in range(1, {"two days": 2, "third": 3, "fourth": 4, "sum": 3}[mode]):
        level = s.derive(level, sign, step, f"{number} {on} the {DAYS[i]} {{T}}", WHY[more if more == "more" else "fewer"])
        levels.append(level)
    if mode in ("third", "fourth"):
        s.ask(level, s.pick(f"How many {{x}}{theme.tail} {do} {later} {verb} {on} the {mode} {{T}}?", f"How many {{x}} <+be> there {on} the {mode} {{T}}?", f"What <be> the number of {{x}} {on} the {mode} {{T}}?", f"{on} the {mode} {{T}}, how many {{x}} {do} {later} {verb}?"), f"{number} {on} the {mode} {{T}}")
        return
    total = levels[0]
    for i in range(1, len(levels)):
        total = s.derive(total, "+", levels[i], f"{number} of the first {('two', 'three')[i - 1]} {{T}}s", WHY["together"] if i == 1 else WHY["gain"])
    span = ("two", "three")[len(levels) - 2]
    s.ask(total, s.pick(f"How many {{x}}{theme.tail} {do} {later} {verb} in the first {span} {{T}}s together?", f"How many {{x}} <+be> there after {span} {{T}}s in all?", f"What <be> the total number of {{x}} after the first {span} {{T}}s?"), f"{number} of the first {span} {{T}}s")
