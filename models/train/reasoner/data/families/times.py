"""Time: durations, clocks, schedules, days and weeks, and unit conversions of time."""

from .registry import JUDGED, family
from .why import WHY

TASKS = ("reading", "drawing", "doing homework", "practicing the piano", "cleaning the room", "cooking", "gardening", "learning Spanish", "learning French", "playing chess", "swimming", "writing letters", "walking the dog", "painting")
DAY_TIMES = (("in the morning", "in the evening"), ("before school", "after school"), ("on Monday", "on Tuesday"), ("on Saturday", "on Sunday"))


def clock(minutes):
    """Minutes since midnight as 3:05 pm."""
    hour, minute = divmod(minutes, 60)
    return f"{(hour - 1) % 12 + 1}:{minute:02d} {'am' if hour % 24 < 12 else 'pm'}"


@family(weight=2, group="one_step", use=JUDGED)
def two_tasks(s):
    s.person("p")
    one, two = s.r.sample(TASKS, 2)
    unit = s.pick("minutes", "minutes", "hours")
    roof = 60 if unit == "minutes" else 6
    when = s.pick("every day", "each day", "on Saturday", "today", "yesterday") if s.past else s.pick("every day", "each day")
    a, b = s.given(s.draw(2, roof), f"{{it}} {unit} {one}"), s.given(s.draw(2, roof), f"{{it}} {unit} {two}")
    if s.chance(0.35):
        gap = b
        s.fact(gap, f"{{it}} more {unit} {two} than {one}")
        s.say(f"[{{p}} <spend> {{a}} {unit} {one} {when}, and {{b}} more {unit} {two} than {one}.|{when}, {{p}} <spend> {{a}} {unit} {one}. {{p.i}} <spend> {{b}} {unit} more {two} than {one}.]", a=a, b=b)
        t = s.derive(a, "+", b, f"the {unit} spent {two}", WHY["more"])
        s.ask(t, f"How many {unit} did {{p.i}} spend {two}?", f"the {unit} spent {two}")
        return
    if a.value == b.value:
        b.value += 1
    s.say(f"[{{p}} <spend> {{a}} {unit} {one} and {{b}} {unit} {two} {when}.|{when}, {{p}} <spend> {{a}} {unit} {one}. {{p.i}} also <spend> {{b}} {unit} {two}.]", a=a, b=b)
    if s.chance(0.5):
        t = s.derive(a, "+", b, f"the {unit} for both", WHY["together"])
        s.ask(t, f"[How many {unit} did {{p}} spend on both together?|How many {unit} did {{p.i}} spend {one} and {two} in all?]", f"the {unit} for both")
    else:
        hi, lo, w, v = (a, b, one, two) if a.value > b.value else (b, a, two, one)
        t = s.derive(hi, "-", lo, f"how many more {unit} were spent {w} than {v}", WHY["difference"])
        s.ask(t, f"[How many more {unit} did {{p}} spend {w} than {v}?|How many fewer {unit} did {{p.i}} spend {v} than {w}?]", f"how many more {unit} {{p}} spent {w} than {v}")


@family(weight=2)
def daily_routine(s):
    """Minutes a day over several days or weeks, with more on some of them."""
    s.person("p")
    one, two = s.r.sample(TASKS, 2)
    a, d = s.given(s.draw(5, 60), f"{{it}} minutes {one} each day"), s.given(s.draw(3, 12), "{it} days")
    mode = s.pick("two", "rest", "hours", "weeks", "plain")
    if mode == "two":
        b = s.given(s.draw(5, 60), f"{{it}} minutes {two} each day")
        s.say(f"[Every day {{p}} <spend> {{a}} minutes {one} and {{b}} minutes {two}.|{{p}} <spend> {{a}} minutes {one} and {{b}} minutes {two} each day.] {{p.i}} <do> this for {{d}} days.", a=a, b=b, d=d)
        day = s.derive(a, "+", b, "the minutes in one day", WHY["together"])
        t = s.derive(day, "*", d, "the minutes in all the days", WHY["each"])
        s.ask(t, "[How many minutes is that in all?|How many minutes did {p.i} spend on both in these days?]", "the minutes in all the days")
        return
    total = s.derive(a, "*", d, "the minutes in all the days", WHY["each"])
    say = f"[{{p}} <spend> {{a}} minutes {one} every day for {{d}} days.|For {{d}} days, {{p}} <spend> {{a}} minutes a day {one}.|Each day {{p}} <spend> {{a}} minutes {one}. This <go> on for {{d}} days.]"
    if mode == "plain":
        s.say(say, a=a, d=d)
        b = s.given(s.draw(10, 90), f"{{it}} minutes {one} on one more day")
        s.say(f"On the day after that, {{p.i}} <spend> {{b}} minutes {one}.", b=b)
        t = s.derive(total, "+", b, "the minutes with the last day", WHY["gain"])
        s.ask(t, f"How many minutes did {{p}} spend {one} in all?", f"the minutes {{p}} spent {one}")
    elif mode == "rest":
        goal = s.given(total.value + s.draw(5, 120), "the goal is {it} minutes")
        s.say(say, a=a, d=d)
        s.say("[{p.i} <want> to reach {t} minutes in all.|The goal <be> {t} minutes in all.]", t=goal)
        t = s.derive(goal, "-", total, "the minutes still missing", WHY["missing"])
        s.ask(t, "[How many minutes are still missing?|How many more minutes does {p.i} need?]", "the minutes still missing")
    elif mode == "hours":
        a.value = s.pick(10, 15, 20, 30, 40, 45, 60)
        d.value = 60 // s.pick(*[k for k in (1, 2, 3, 4, 6) if (60 * 1) % k == 0]) * s.pick(1, 2)
        d.value = next(k for k in range(d.value, d.value + 13) if a.value * k % 60 == 0)
        total = s.derive(a, "*", d, "the minutes in all the days", WHY["each"])
        s.say(say, a=a, d=d)
        hours = s.derive(total, "/", s.known(60, ""), "the number of hours", "[an hour has 60 minutes, so we divide by 60|60 minutes make one hour, so we count how often 60 fits in]")
        s.ask(hours, f"[How many hours is that in all?|How many hours did {{p}} spend {one} in all?]", "the number of hours")
    else:
        w = s.given(s.draw(2, 6), "{it} weeks")
        d.value, d.mentioned = s.draw(2, 6), True
        s.fact(d, "{it} days a week")
        total = s.derive(a, "*", d, "the minutes in one week", WHY["each"])
        s.say(f"[{{p}} <spend> {{a}} minutes {one} on {{d}} days of every week.|On {{d}} days a week, {{p}} <spend> {{a}} minutes {one}.]", a=a, d=d)
        t = s.derive(total, "*", w, "the minutes in all the weeks", WHY["each"])
        s.ask(t, "[How many minutes is that in {w} weeks?|How many minutes did {p.i} spend in {w} weeks?]", "the minutes in all the weeks", w=w)


@family(weight=1.2)
def convert_time(s):
    """Hours to minutes, weeks to days, and the like, with a rest."""
    s.person("p")
    big, small, factor, fact = s.pick(("hours", "minutes", 60, "an hour has 60 minutes"), ("weeks", "days", 7, "a week has 7 days"), ("days", "hours", 24, "a day has 24 hours"), ("minutes", "seconds", 60, "a minute has 60 seconds"), ("years", "months", 12, "a year has 12 months"), ("feet", "inches", 12, "a foot has 12 inches"),
                                      ("meters", "centimeters", 100, "a meter has 100 centimeters"), ("dozens", "pieces", 12, "a dozen has 12 pieces"), ("yards", "feet", 3, "a yard has 3 feet"), ("pounds", "ounces", 16, "a pound has 16 ounces"), ("kilometers", "meters", 1000, "a kilometer has 1000 meters"))
    subject = {"feet": "A board <be> {n} feet", "meters": "A rope <be> {n} meters", "yards": "A garden <be> {n} yards", "kilometers": "A trail <be> {n} kilometers", "pounds": "A package <weigh> {n} pounds"}.get(big, "A [trip|project|course] <take> {n} {B}")
    n, k = s.given(s.draw(2, 12), f"{{it}} {big}"), s.known(factor, fact)
    why = f"[{fact}, so we multiply by {factor}|{fact}; for {{a}} {big} we take {{a}} times {factor}]"
    total = s.derive(n, "*", k, f"the {big} in {small}", why)
    extra = s.given(s.draw(2, max(2, min(factor - 1, 50))), f"{{it}} {small} more")
    if big == "dozens":
        s.say("[{p} <buy> {n} dozen eggs and {m} single eggs.|There <+be> {n} dozen eggs and {m} single eggs in a kitchen.]", n=n, m=extra)
        t = s.derive(total, "+", extra, "the number of eggs", WHY["gain"])
        s.ask(t, "[How many eggs are there in all?|How many eggs is that?]", "the number of eggs")
        return
    tail = {"feet": " long", "meters": " long", "yards": " long", "kilometers": " long"}.get(big, "")
    s.say(subject + f" and {{m}} {small}{tail}.", n=n, m=extra, B=big)
    t = s.derive(total, "+", extra, f"the whole in {small}", WHY["gain"])
    if s.chance(0.4):
        part = s.given(s.draw(2, t.value - 1), f"{{it}} {small} are gone")
        done = {"feet": "are cut off", "meters": "are cut off", "yards": "are used for flowers", "kilometers": "are walked by {p}", "pounds": "are taken out"}.get(big, "are over")
        s.say(f"So far, {{m}} {small} of it {done}.", m=part)
        left = s.derive(t, "-", part, f"the {small} that are left", WHY["lose"])
        s.ask(left, f"[How many {small} are left?|How many {small} remain?]", f"the {small} that are left")
        return
    s.ask(t, f"[How many {small} is that in all?|What is this in {small}?]", f"the whole in {small}")


@family(weight=1.2)
def clock_minutes(s):
    """How many minutes between two times of day, or between parts of a trip."""
    s.person("p")
    start = s.draw(7, 17) * 60 + s.pick(0, 0, 5, 10, 15, 20, 25, 30)
    hours, rest = s.draw(1, 4), s.pick(0, 5, 10, 15, 20, 25)
    thing = s.pick("A film", "A class", "A concert", "A meeting", "A train ride", "A game", "A party", "A hike")
    h = s.given(hours, "{it} full hours pass")
    end = start + hours * 60 + rest
    s.say(f"[{thing} <begin> at {clock(start)} and <end> at {clock(end)}.|{thing} that <begin> at {clock(start)} <be> over at {clock(end)}.]")
    h.always, h.fact = True, f"from {clock(start)} to {clock(end)}"
    k = s.known(60, "")
    full = s.derive(h, "*", k, f"the minutes of the {hours} full hours from {clock(start)} to {clock(start + hours * 60)}", "an hour has 60 minutes, so we multiply the hours by 60")
    if rest:
        m = s.known(rest, "")
        full = s.derive(full, "+", m, "the minutes in all", f"from {clock(start + hours * 60)} to {clock(end)} there are {rest} more minutes, so we add them")
    if s.chance(0.4):
        b = s.given(s.draw(5, 40), "{it} minutes of it are a break")
        s.say("[In the middle there <be> a break of {b} minutes.|{b} minutes of this time <+be> a break.]", b=b)
        left = s.derive(full, "-", b, "the minutes without the break", WHY["lose"])
        s.ask(left, "How many minutes does it last without the break?", "the minutes without the break")
        return
    s.ask(full, "[How many minutes does it last?|How many minutes is that?]", "the minutes from beginning to end")


@family(weight=0.5)
def schedule(s):
    """Several lessons and breaks one after another."""
    s.person("p")
    n, m = s.given(s.draw(2, 7), "there are {it} lessons"), s.given(s.pick(20, 25, 30, 40, 45, 50), "each lesson takes {it} minutes")
    b = s.given(s.draw(5, 60), "the breaks take {it} minutes in all")
    s.say("[{p} <have> {n} lessons of {m} minutes each. The breaks between them <+take> {b} minutes in all.|On Friday {p} <have> {n} lessons. Each lesson <take> {m} minutes, and all breaks together <+take> {b} minutes.]", n=n, m=m, b=b)
    lessons = s.derive(n, "*", m, "the minutes of all lessons", WHY["groups"])
    if s.chance(0.5):
        t = s.derive(lessons, "+", b, "the minutes of lessons and breaks", WHY["together"])
        s.ask(t, "[How many minutes is {p} at school that day?|How many minutes do lessons and breaks take together?]", "the minutes of lessons and breaks")
    else:
        if lessons.value <= b.value:
            b.value = lessons.value - 5
        t = s.derive(lessons, "-", b, "how many more minutes the lessons take than the breaks", WHY["difference"])
        s.ask(t, "How many more minutes do the lessons take than the breaks?", "how many more minutes the lessons take than the breaks")
