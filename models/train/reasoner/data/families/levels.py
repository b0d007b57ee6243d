"""A level, stock or length that changes: steadily, by two steady flows, or by single moves up and down. The things are in `level_themes.py`."""

import re

from ..story import Unfit
from .level_themes import LEVELS
from .one_step import aside
from .registry import family
from .why import WHY

BEFORE = "[ at first| to begin with| in the beginning]"
AFTER = "[ in the end| after that| at the end of this time]"
EVERY = "[every|each]"
AROUND = "[ after {t} {T}s| when {t} {T}s <+be> over| {t} {T}s later]"
SAME = "[The change <be> the same every {T}.|Every {T} <bring> the same change.|It <be> a steady change, the same each {T}.|No {T} <be> different from the others.]"
WHY_FLOW = {
    "net": "[{a} come and {b} go at the same time, so the difference counts|both happen together, so take {b} from {a} to see what is left of the change|they work against each other, so subtract {b} from {a}]",
    "unflow": "[the net change is {a}, but {b} more were lost on the way, so add them|to get the net change of {a}, the {b} that go must be made up as well, so add]",
    "unflow_out": "[{a} come and only {b} of them stay, so the rest goes: subtract|what comes minus the net change is what goes, so {a} minus {b}]",
    "rate": "[the whole change is spread evenly over {b} {T}s, so divide|every {T} has the same share of {a}, so {a} divided by {b}|{b} equal changes make {a}, so one of them is {a} divided by {b}]",
    "time": "[each {T} changes it by {b}, so we count how often {b} fits into {a}|one {T} takes care of {b} out of {a}, so divide|{a} at {b} per {T} is a division]",
    "amount": "[{b} {T}s with {a} each are {a} times {b}|the same change of {a} comes {b} times, so multiply|in one {T} it is {a}, so in {b} {T}s it is {b} times as much]",
}


class Telling:
    """A theme in a story: its clauses with the right word for the thing, and its questions."""

    def __init__(self, s, up=False, down=False, use="s"):
        fitting = FITTING[up, down, use]
        self.s, self.theme = s, s.r.choice(fitting)
        s.person("p")
        self.first, self.later, self.pronoun = self.theme.thing.split("|")
        self.time = s.pick(*self.theme.times.split())
        self.money = "$" if self.theme.unit == "$" else ""
        self.units = "dollars" if self.money else self.theme.unit
        self.seen, self.clauses, self.has = False, {}, list(self.theme.has)
        s.r.shuffle(self.has)
        s.values.update(T=self.time, unit=self.units)
        self.level = self.theme.level
        self.suffix = "" if self.theme.unit in self.level or re.search("number|score|megabytes|gigabytes|speed|kilograms", self.level) else f", in {self.units},"
        if self.theme.intro and s.chance(0.35):
            s.say(self.theme.intro)

    # quantities; `clause` is kept to be said with its key

    def number(self, key, value, clause, fact):
        """A given told by `clause`, of which `fact` holds `{}` for the clause."""
        plain = clause.replace("{n}", "{it}").replace("{S}", self.later)
        quantity = self.s.given(value, fact.replace("{}", plain), unit=self.money)
        self.clauses[key] = clause
        self.s.values[key] = quantity
        return quantity

    def state(self, key, value, fact):
        return self.number(key, value, self.has[len(self.clauses) % len(self.has)], fact)

    def change(self, key, value, moves, fact):
        """(quantity, question for it)."""
        clause, question = self.s.r.choice(moves)
        return self.number(key, value, clause, fact), question

    def vague(self, key, clause, what):
        """The clause without its number: with `a certain number of`, `the same number of` or `some` in its place."""
        if self.theme.unit == "percent":
            clause = clause.replace("{n} percent", ("a certain" if what == "some" else what) + " percentage")
        elif self.money:
            clause = clause.replace("{n}", {"some": "some money", "a certain": "a certain sum", "the same": "the same sum"}[what])
        else:
            clause = clause.replace("{n} of ", "{n} ").replace("{n}", what if what == "some" else what + " number of")
        self.clauses[key] = clause

    def hidden(self, key, moves):
        """(None, question) of a change whose number is not told."""
        clause, question = self.s.r.choice(moves)
        self.vague(key, clause, "a certain")
        return None, question

    def span(self, value):
        quantity = self.s.given(value, "{it} " + self.time + "s")
        self.s.values["t"] = quantity
        return quantity

    # text

    def text(self, pattern):
        """`@a` in the pattern becomes the clause of a, and so on."""
        def put(found):
            clause = self.clauses[found[1]].replace("{n}", "{" + found[1] + "}")
            if "{S}" in clause:
                word = self.first if not self.seen else self.pronoun if not re.search("(of|at|to) {S}", clause) and self.s.chance(0.5) else self.later
                self.seen = True
                clause = clause.replace("{S}", word, 1).replace("{S}", self.later)
            return clause
        return re.sub(r"@([a-z]\d?)", put, pattern)

    def say(self, *patterns):
        self.s.say(self.text(self.s.pick(*patterns)))

    def question(self, question, frame=""):
        """`question` in the story's tense with the frame behind it or, if it is a time, before it."""
        question = question.replace("{s}", self.first if not self.seen else self.later if self.pronoun == "she" or "at {s}" in question or self.s.chance(0.6) else self.pronoun)
        if frame.startswith(" after") and self.s.chance(0.3):
            return f"A{frame[2:]}, {question[0].lower()}{question[1:]}?"
        return question + frame + "?"

    def until(self, key, more=""):
        """The number of periods until the clause of the key holds, as a noun phrase."""
        return "the number of {T}s until " + self.clauses[key].replace("{n}", "{" + key + "}").replace("{S}", self.later) + more

    def level_question(self):
        return self.s.pick(*self.theme.asks, *self.theme.asks, f"What <be> {self.level}")

    def before_question(self, frame):
        question = self.level_question().replace("<be>", "was").replace("<+be>", "were").replace("<do>", "did").replace("<+do>", "did")
        return self.question(re.sub(r"<\+(\w+)>", lambda m: PAST.get(m[1], m[1] + "ed"), question), frame)

    def about(self, when):
        return self.level + " " + when + self.suffix.rstrip(",")

    def part(self, up, when):
        return f"{self.theme.gained if up else self.theme.lost} {when}"

    def moves(self, up):
        return self.theme.up if up else self.theme.down


PAST = {"live": "lived", "stand": "stood", "follow": "followed"}
FITTING = {(up, down, use): [x for x in LEVELS if use in x.use.lower() and (x.up or not up) and (x.down or not down) and not (use == "s" and up and down and "S" in x.use)]
           for up in (False, True) for down in (False, True) for use in "sm"}


def steady(s):
    """(telling, up, start, rate, time, end) for one steady change; numbers that fit the theme, not yet told."""
    up = s.chance(0.5)
    tell = Telling(s, up=up, down=not up)
    low, high, small, large = tell.theme.size
    if not up and "S" in tell.theme.use:
        raise Unfit("it goes down only now and then")
    rate, time = s.draw(small, s.pick(max(small + 4, large // 3), large)), s.draw(2, s.pick(6, 12))
    if up:
        start = s.draw(low, high)
        end = start + rate * time
    else:
        end = s.draw(2, max(low, (high - rate * time)))
        start = end + rate * time
    if max(start, end) > tell.theme.cap or start > 2 * high:
        raise Unfit("too much")
    return tell, up, start, rate, time, end


def amount_of(s, tell, up, rate, time):
    return s.derive(rate, "*", time, tell.part(up, "in {t} {T}s"), WHY_FLOW["amount"], unit=tell.money)


def add_or_take(s, tell, up, level, amount, what, back=False):
    """The level after the change, or before it."""
    rises = up != back
    why = ("undo_loss" if rises else "undo_gain") if back else ("gain" if rises else "lose")
    return s.derive(level, "+" if rises else "-", amount, what, WHY[why], unit=tell.money)


@family(weight=2.2)
def level_end(s):
    tell, up, a, r, n, _ = steady(s)
    start = tell.state("a", a, "at first {}")
    rate, _ = tell.change("r", r, tell.moves(up), "{} every {T}")
    time = tell.span(n)
    told = s.chance(0.5)
    if told:
        tell.say("@a, and then @r " + EVERY + " {T} for {t} {T}s.", "For {t} {T}s, @r " + EVERY + " {T}. Before that, @a.", "@a" + BEFORE + ". In each of the next {t} {T}s, @r.", "@a. Now {t} {T}s <+go> by, and in each of them @r.",
                 "@a when it all <begin>. For {t} {T}s in a row, @r per {T}.", "It <take> {t} {T}s, and @r " + EVERY + " {T}. At the start, @a.",
                 "In each of {t} {T}s, @r. It all <begin> when @a.", "{t} {T}s <+go> by while @r per {T}. @a before the first of these {T}s.", "It <be> known that @a at first and that for {t} {T}s @r " + EVERY + " {T}.")
    else:
        tell.say("@a[| at first]. @r " + EVERY + " {T}.", "[Every|Each] {T}, @r. [At first|In the beginning|To begin with], @a.", "@a, and [every|each] {T} @r.", "@a. [From then on|After that|From that moment on], @r " + EVERY + " {T}.",
                 "@r per {T}. When this <begin>, @a.", "@a; then, {T} after {T}, @r.",
                 "With every {T} that <pass>, @r. [At the start|At first], @a.", "{p} <note> down two facts: @a at first, and @r " + EVERY + " {T}.", "Once @a, a steady change <begin>: @r " + EVERY + " {T}.", "Although @a at first, this <do> not stay so, because @r " + EVERY + " {T}.")
    aside(s, 0.18)
    amount = amount_of(s, tell, up, rate, time)
    end = add_or_take(s, tell, up, start, amount, tell.level + " after {t} {T}s")
    s.ask(end, tell.question(tell.level_question(), AFTER if told else s.pick(" after {t} {T}s", AROUND)), tell.about("after {t} {T}s"))


@family(weight=1.8)
def level_start(s):
    tell, up, _, r, n, e = steady(s)
    rate, _ = tell.change("r", r, tell.moves(up), "{} every {T}")
    time = tell.span(n)
    end = tell.state("e", e, "in the end {}")
    tell.say("@r " + EVERY + " {T} for {t} {T}s. [In the end|After that|At the end of this time], @e.", "After {t} {T}s in which @r each {T}, @e.", "In the end, @e. In the {t} {T}s before that, @r " + EVERY + " {T}.", "[Every|Each] {T}, @r. After {t} {T}s, @e.",
             "@e after {t} {T}s. All that time, @r every {T}.", "For {t} {T}s it <go> on like this: @r " + EVERY + " {T}. Then @e.", "@r {T} after {T}. When {t} {T}s <+be> over, @e.",
             "With every {T} that <pass>, @r. {t} {T}s later, @e.", "{p} <note> down that @r " + EVERY + " {T} and that @e after {t} {T}s.", "Nobody <know> how it was at first, but @r " + EVERY + " {T} and @e after {t} {T}s.", "Because @r per {T}, for {t} {T}s in a row, @e in the end.")
    aside(s, 0.18)
    amount = amount_of(s, tell, up, rate, time)
    start = add_or_take(s, tell, up, end, amount, tell.level + " at first", back=True)
    s.ask(start, tell.before_question(s.pick(BEFORE, BEFORE, " before those {t} {T}s")), tell.about("at first"))


@family(weight=1.8)
def level_time(s):
    tell, up, a, r, _, e = steady(s)
    start = tell.state("a", a, "at first {}")
    rate, _ = tell.change("r", r, tell.moves(up), "{} every {T}")
    end = tell.state("e", e, "in the end {}")
    if s.chance(0.5):
        tell.say("@a[| at first]. @r " + EVERY + " {T}.", "[Every|Each] {T}, @r. [At first|In the beginning], @a.", "@a, and @r per {T}.", "@a to begin with. Then, {T} by {T}, @r.", "With every {T} that <pass>, @r. When this <begin>, @a.", "{p} <note> down that @a and that @r " + EVERY + " {T}.")
        aside(s, 0.18)
        question = tell.text(s.pick("How many {T}s <do> it take until @e?", "How many {T}s <+pass> before @e?", "What number of {T}s <be> needed until @e?", "How many {T}s <+go> by until @e?"))
        about = tell.until("e")
    else:
        tell.say("@a at first. [Then|After that], @r " + EVERY + " {T} until @e.", "[Every|Each] {T}, @r. At the start, @a, and in the end @e.", "In the end, @e. Before that, @r " + EVERY + " {T}, and at the very beginning @a.", "@a. @r per {T}, and this <stop> only when @e.", "Between the time when @a and the time when @e, @r " + EVERY + " {T}.", "It <begin> when @a and <end> when @e. All the while, @r per {T}.")
        aside(s, 0.18)
        question = "[How many {T}s <do> this take|For how many {T}s <do> this go on|How many {T}s <+pass> between the start and the end]?"
        about = "the number of {T}s"
    hi, lo = (end, start) if up else (start, end)
    gap = s.derive(hi, "-", lo, tell.part(up, "in all the {T}s together"), WHY["change_up" if up else "change_down"], unit=tell.money)
    time = s.derive(gap, "/", rate, "the number of {T}s", WHY_FLOW["time"])
    s.ask(time, question, about)


@family(weight=1.8)
def level_rate(s):
    tell, up, a, r, n, e = steady(s)
    start = tell.state("a", a, "at first {}")
    time = tell.span(n)
    end = tell.state("e", e, "in the end {}")
    clause, question = s.r.choice(tell.moves(up))
    tell.vague("v", clause, "the same")
    tell.say("@a[ at first|]. {t} {T}s later, @e.", "At first, @a. After {t} {T}s, @e.", "@e after {t} {T}s. [At first|Before that], @a.", "Within {t} {T}s a lot <change>: at the start @a, at the end @e.",
             "When it <begin>, @a, and when {t} {T}s <+be> over, @e.", "In the end, @e. That <be> {t} {T}s after the start, when @a.", "{p} <look> twice, {t} {T}s apart: the first time @a, the second time @e.", "It <take> {t} {T}s from the moment when @a to the moment when @e.", "While @a at the beginning, @e {t} {T}s later.")
    named = s.chance(0.65)
    tell.say("@v " + EVERY + " {T}.", "[Every|Each] {T}, @v.") if named else s.say(SAME)
    aside(s, 0.12)
    hi, lo = (end, start) if up else (start, end)
    gap = s.derive(hi, "-", lo, tell.part(up, "in {t} {T}s"), WHY["change_up" if up else "change_down"], unit=tell.money)
    rate = s.derive(gap, "/", time, tell.part(up, "each {T}"), WHY_FLOW["rate"], unit=tell.money)
    s.ask(rate, tell.question(question if named else f"By how {'many {unit}' if tell.suffix else 'much'} <do> {tell.level} go {'up' if up else 'down'}", "[ each {T}| every {T}| per {T}]"), tell.part(up, "each {T}"))


@family(weight=2)
def level_in_and_out(s):
    """Something comes and something goes in every period."""
    tell = Telling(s, up=True, down=True)
    low, high, small, large = tell.theme.size
    i, o, n = s.draw(small, large), s.draw(small, large), s.draw(2, 12)
    if i == o:
        raise Unfit("no change")
    up, net = i > o, abs(i - o)
    a = s.draw(low, high) if up else s.draw(2, high) + net * n
    e = a + net * n if up else a - net * n
    if max(a, e) > tell.theme.cap:
        raise Unfit("too much")
    mode = s.pick("end", "end", "change", "start", "time", "in", "out")
    start = tell.state("a", a, "at first {}") if mode not in ("start", "change") else None
    come, ask_come = tell.change("u", i, tell.theme.up, "{} every {T}") if mode != "in" else tell.hidden("u", tell.theme.up)
    go, ask_go = tell.change("d", o, tell.theme.down, "{} every {T}") if mode != "out" else tell.hidden("d", tell.theme.down)
    time = tell.span(n) if mode != "time" else None
    end = tell.state("e", e, "in the end {}") if mode not in ("end", "change") else None
    flows = ("[Every|Each] {T}, @u and @d.", "@u " + EVERY + " {T}, but @d at the same time.", "While @u " + EVERY + " {T}, @d as well.", "[Every|Each] {T}, @d, but @u, too.", "@d per {T}. At the same time, @u per {T}.", "@u " + EVERY + " {T}. On the other hand, @d " + EVERY + " {T}.",
             "Two things <+happen> " + EVERY + " {T}: @u, and @d.", "Although @u " + EVERY + " {T}, @d, too.", "In one {T}, @d. In the same {T}, @u, and so it <go> on.")
    if mode in ("in", "out"):
        known, hidden = ("d", "u") if mode == "in" else ("u", "d")
        flows = tuple(pattern.replace("@known", "@" + known).replace("@hidden", "@" + hidden) for pattern in (
            "[Every|Each] {T}, @known. But @hidden as well, always the same.", "@known per {T}. Also, @hidden, the same every {T}.", "While @known " + EVERY + " {T}, @hidden, always the same."))
    if mode in ("end", "time", "in", "out") and s.chance(0.6):
        tell.say("@a[| at first].", "In the beginning, @a.", "At the start, @a.")
        tell.say(*flows)
    else:
        tell.say(*flows)
        if start:
            tell.say("At first, @a.", "When this <begin>, @a.", "Before all this, @a.")
    if mode in ("start", "in", "out"):
        tell.say("After {t} {T}s, @e.", "{t} {T}s later, @e.", "This <go> on for {t} {T}s, and then @e.")
    aside(s, 0.1)
    if mode in ("in", "out"):
        hi, lo = (end, start) if up else (start, end)
        gap = s.derive(hi, "-", lo, "how much " + tell.level + (" rises" if up else " falls") + " in {t} {T}s", WHY["change_up" if up else "change_down"], unit=tell.money)
        one = s.derive(gap, "/", time, "how much it " + ("rises" if up else "falls") + " each {T}", WHY_FLOW["rate"], unit=tell.money)
        if mode == "in":
            target = s.derive(go, "+", one, tell.part(True, "each {T}"), WHY_FLOW["unflow"].replace("{a}", "{B}").replace("{b}", "{a}").replace("{B}", "{b}"), unit=tell.money) if up else s.derive(go, "-", one, tell.part(True, "each {T}"), WHY_FLOW["unflow_out"].replace("come", "go").replace("stay", "are not made up").replace("the rest goes", "the rest comes back").replace("what comes minus", "what goes minus").replace("is what goes", "is what comes"), unit=tell.money)
        else:
            target = s.derive(come, "-", one, tell.part(False, "each {T}"), WHY_FLOW["unflow_out"], unit=tell.money) if up else s.derive(come, "+", one, tell.part(False, "each {T}"), "[it falls by {b} although {a} come, so {a} and {b} go: add|what goes is what comes, {a}, and {b} more]", unit=tell.money)
        s.ask(target, tell.question(ask_come if mode == "in" else ask_go, "[ each {T}| every {T}| per {T}]"), tell.part(mode == "in", "each {T}"))
        return
    hi, lo = (come, go) if up else (go, come)
    one = s.derive(hi, "-", lo, "by how much " + tell.level + (" rises" if up else " falls") + " each {T}", WHY_FLOW["net"] if up else WHY["difference"], unit=tell.money)
    if mode == "time":
        question, about = tell.text(s.pick("How many {T}s <do> it take until @e?", "How many {T}s <+pass> before @e?")), tell.until("e")
        hi, lo = (end, start) if up else (start, end)
        gap = s.derive(hi, "-", lo, "the whole change of " + tell.level, WHY["change_up" if up else "change_down"], unit=tell.money)
        s.ask(s.derive(gap, "/", one, "the number of {T}s", WHY_FLOW["time"]), question, about)
        return
    change = s.derive(one, "*", time, "by how much " + tell.level + (" rises" if up else " falls") + " in {t} {T}s", WHY_FLOW["amount"], unit=tell.money)
    if mode == "change":
        s.ask(change, ("By how many {unit}" if tell.suffix else "By how much") + " <do> " + tell.level + (" [go up|rise]" if up else " [go down|fall]") + " in {t} {T}s?", "by how much " + tell.level + (" rises" if up else " falls") + " in {t} {T}s")
    elif mode == "end":
        s.ask(add_or_take(s, tell, up, start, change, tell.level + " after {t} {T}s"), tell.question(tell.level_question(), s.pick(" after {t} {T}s", AROUND)), tell.about("after {t} {T}s"))
    else:
        s.ask(add_or_take(s, tell, up, end, change, tell.level + " at first", back=True), tell.before_question(BEFORE), tell.about("at first"))


ORDER = ("first", "second", "third")


@family(weight=1.6)
def level_moves(s):
    """Two or three single moves; asked is the end, the start or one of the moves."""
    tell = Telling(s, up=True, down=True, use="m")
    low, high, small, large = tell.theme.size
    mode = s.pick("end", "end", "start", "move", "move")
    signs = s.pick((True, False), (False, True), (True, False), (False, True), (True, False, True), (False, True, False), (True, True, False), (False, False, True), (True, False, False), (False, True, True))
    hidden = s.r.choice([k for k, up in enumerate(signs) if signs.count(up) == 1]) if mode == "move" else None
    values, level = [], s.draw(low, high)
    a = level
    for up in signs:
        values.append(s.draw(small, 3 * large) if up else s.draw(small, min(3 * large, level - 2)))
        level += values[-1] if up else -values[-1]
        if level > tell.theme.cap:
            raise Unfit("too much")
    start = tell.state("a", a, "at first {}") if mode != "start" else None
    clauses = {True: s.r.sample(tell.theme.up, 2), False: s.r.sample(tell.theme.down, 2)}
    moves, hidden_question = [], ""
    for k, (up, value) in enumerate(zip(signs, values)):
        clause, question = clauses[up].pop() if clauses[up] else s.pick(*tell.moves(up))
        if k == hidden:
            hidden_question = question
            tell.vague(f"m{k}", clause, s.pick("some", "a certain"))
            moves.append(None)
        else:
            moves.append(tell.number(f"m{k}", value, clause, ("first ", "then ", "after that ")[k] + "{}"))
    end = tell.state("e", level, "in the end {}") if mode != "end" else None
    opening = ("@a[| at first].", "In the beginning, @a.", "At the start of the day, @a.", "In the morning, @a.") if start else (None,)
    two = ("Then @m0. [After that|Later], @m1.", "First @m0, and then @m1.", "@m0, and later @m1.", "Soon @m0, but then @m1.", "A little later, @m0. Next, @m1.")
    three = ("Then @m0. After that, @m1. [At last|Finally], @m2.", "First @m0, then @m1, and finally @m2.", "@m0. Then @m1, and after that @m2.", "Soon @m0, and a little later @m1. Still later, @m2.")
    body = two if len(signs) == 2 else three
    reverse = start and s.chance(0.2)
    if reverse or not start:  # nothing has been told that could go on
        body = [pattern for pattern in body if pattern.startswith(("First", "@"))]
    if start and not reverse:
        tell.say(*opening)
    tell.say(*body)
    if reverse:
        tell.say("Before all this, @a.", "When the day <begin>, @a.", "At the very beginning, @a.")
    if end:
        tell.say("In the end, @e.", "After [all this|these changes], @e.", "At the end of the day, @e.", "@e when everything <be> over.")
    aside(s, 0.15)
    last = len(signs) - 1
    current = start
    if mode == "end":
        for k, move in enumerate(moves):
            current = add_or_take(s, tell, signs[k], current, move, tell.level + (" in the end" if k == last else f" after the {ORDER[k]} change"))
        s.ask(current, tell.question(tell.level_question(), "[ in the end| after that| after all this]"), tell.about("in the end"))
        return
    back = end
    if mode == "start":
        for k in range(last, -1, -1):
            back = add_or_take(s, tell, signs[k], back, moves[k], tell.level + (" at first" if k == 0 else f" before the {'last' if k == last else ORDER[k]} change"), back=True)
        s.ask(back, tell.before_question(BEFORE), tell.about("at first"))
        return
    for k in range(hidden):
        current = add_or_take(s, tell, signs[k], current, moves[k], tell.level + f" after the {ORDER[k]} change")
    for k in range(last, hidden, -1):
        back = add_or_take(s, tell, signs[k], back, moves[k], tell.level + f" before the {'last' if k == last else ORDER[k]} change", back=True)
    up = signs[hidden]
    hi, lo = (back, current) if up else (current, back)
    move = s.derive(hi, "-", lo, tell.part(up, "in the unknown change"), WHY["change_up" if up else "change_down"], unit=tell.money)
    s.ask(move, tell.question(hidden_question, "[| then]"), tell.part(up, "in the unknown change"))


@family(weight=1.2, group="one_step")
def level_part(s):
    """The steady change alone: how much in some time, in what time, or how much in each period; the level itself does not matter."""
    tell, up, a, r, n, _ = steady(s)
    mode = s.pick("amount", "time", "rate", "until")
    if mode == "until":
        if up or not re.match("the (number|money|energy)", tell.level):
            raise Unfit("nothing runs out")
        a = r * n
    beside = s.chance(0.4) or mode == "until"
    if beside:
        start = tell.state("a", a, "at first {}")
    clause, question = s.r.choice(tell.moves(up))
    if mode == "until":
        rate = tell.number("r", r, clause, "{} every {T}")
        tell.say("@a. @r " + EVERY + " {T}.", "[Every|Each] {T}, @r. At first, @a.", "@a, and @r per {T}.")
        s.ask(s.derive(start, "/", rate, "the number of {T}s", WHY_FLOW["time"]), "[After how many {T}s <be> nothing left|How many {T}s <do> it take until nothing <be> left|In how many {T}s <do> the number reach zero]?", "the number of {T}s until nothing is left")
        return
    if beside:
        tell.say("@a[| at first].", "To begin with, @a.")
    if mode == "rate":
        time = tell.span(n)
        total = tell.number("r", r * n, clause, "in all the {T}s {}")
        tell.say("In {t} {T}s, @r, the same number " + EVERY + " {T}.", "@r within {t} {T}s. " + SAME, "Over {t} {T}s, @r. " + SAME)
        target = s.derive(total, "/", time, tell.part(up, "each {T}"), WHY_FLOW["rate"], unit=tell.money)
        s.ask(target, tell.question(question, "[ each {T}| per {T}]"), tell.part(up, "each {T}"))
        return
    rate = tell.number("r", r, clause, "{} every {T}")
    tell.say("@r " + EVERY + " {T}.", "[Every|Each] {T}, @r.", "{T} after {T}, @r.", "@r per {T}, never more and never less.")
    if mode == "amount":
        time = tell.span(n)
        s.ask(amount_of(s, tell, up, rate, time), tell.question(question, "[ within| over| during] {t} {T}s"), tell.part(up, "in {t} {T}s"))
    else:
        total = tell.number("c", r * n, clause, "in all {}")
        question = tell.text(s.pick("How many {T}s <do> it take until @c altogether?", "How many {T}s <+go> by until @c altogether?", "What number of {T}s <be> needed until @c altogether?"))
        s.ask(s.derive(total, "/", rate, "the number of {T}s", WHY_FLOW["time"]), question, tell.until("c", " altogether"))
