"""Worked solutions in words, in two styles.

Verbose: the problem again, the facts, what is asked, each step with its reason and its arithmetic, then all of it once
more. Concise: the problem again, and each step's name and arithmetic.

The problem is repeated word by word in most thoughts, so that the adapter reads it in tokens of its own: the prompt's
are the base's.
"""

from .arithmetic import INVERSE, spelled

FACTS = ("Let me list what we know: {facts}.", "What we know: {facts}.", "The facts are: {facts}.", "We are told this: {facts}.", "First, the facts. {facts_cap}.",
         "From the problem: {facts}.", "Let me read the numbers: {facts}.")
ASKED = ("We want to find {asked}.", "The question asks for {asked}.", "We need {asked}.", "What is asked: {asked}.", "The goal is {asked}.")
QUESTION = ("The question: {question}?", "What is asked: {question}?", "The question is this: {question}?", "We have to answer: {question}?")
UNUSED = ("We do not need this: {facts}.", "This does not matter here: {facts}.", "Not needed for the question: {facts}.", "The question is not about this: {facts}.")
FIRST = ("First, find {what}.", "First we find {what}.", "We begin with {what}.", "Start with {what}.")
LATER = ("Next, find {what}.", "Then we find {what}.", "Now we need {what}.", "Next comes {what}.")
LAST = ("Finally, find {what}.", "Now we can find {what}.", "Last, we find {what}.", "Now find {what}.")
SO = ("So {what} is {v}.", "That makes {v}: {what}.", "This means {what} is {v}.", "{What} is {v}.")
CHECK = ("Check: {e}.", "Let me check: {e}, which is right.", "To check, go back: {e}. That fits.", "Check the last step: {e}. Good.")
AGAIN = ("Let me go over it again: {sums}.", "Once more, in short: {sums}.", "Going through it again: {sums}.", "The sums once more: {sums}.", "Let me see it all again: {sums}.")
END = ("So {asked} is {v}.", "The result is {v}.", "So the number we want is {v}.", "That is what was asked: {v}.", "So we have {v}.")


def capital(text):
    return text[:1].upper() + text[1:]


def check(step):
    """The last step undone, or None where that says nothing."""
    if step.op in "*/" and step.right == 0:
        return None
    return f"{step.value} {INVERSE[step.op]} {step.right} = {step.left}"


def verbose(r, facts, unused, asked, steps, question):
    """`question`, if any, is the question's own wording, which is repeated instead of `asked`."""
    lines = []
    if r.random() < (0.95 if len(steps) < 4 else 0.8):
        listed = "; ".join(facts)
        lines.append(r.choice(FACTS).format(facts=listed, facts_cap=capital(listed)))
    if r.random() < 0.9:
        lines.append(r.choice(QUESTION).format(question=question) if question else r.choice(ASKED).format(asked=asked))
    if unused and r.random() < 0.85:
        lines.append(r.choice(UNUSED).format(facts="; ".join(unused)))
    form, many = r.random(), len(steps) > 2
    for i, step in enumerate(steps):
        last = i + 1 == len(steps)
        if form < 0.45:
            head = f"Step {i + 1}: {step.what}."
        elif len(steps) == 1:
            head = ""
        else:
            head = r.choice(FIRST if i == 0 else LAST if last else LATER).format(what=step.what)
        why = capital(step.why) + "." if not many or r.random() < 0.75 else ""
        sum_ = spelled(step.left, step.op, step.right) + "."
        so = r.choice(SO).format(what=step.what, What=capital(step.what), v=step.value) if r.random() < (0.6 if many else 0.8) else ""
        lines.append(" ".join(p for p in (head, why, sum_, so) if p))
    back = check(steps[-1])
    if back and r.random() < 0.5:
        lines.append(r.choice(CHECK).format(e=back))
    if r.random() < 0.8:
        lines.append(again(r, [f"{s.left} {s.op} {s.right} = {s.value}" for s in steps]))
    if r.random() < 0.8:
        lines.append(r.choice(END).format(asked=asked, v=steps[-1].value))
    return "\n".join(lines)


def again(r, sums):
    """All sums once more, without what lies between."""
    return r.choice(AGAIN).format(sums="; ".join(sums))


def concise(steps):
    """The sums, each behind the name of what it finds: without names, steps go wrong."""
    return "\n".join(f"{capital(s.what)}: {spelled(s.left, s.op, s.right)}." for s in steps)


def restate(r, text, thoughts, share=0.9):
    """The thoughts behind the problem's own words, in a `share` of cases."""
    return f"{text}\n{thoughts}" if r.random() < share else thoughts


def write(r, text, facts, unused, asked, steps, question, is_concise, question_share=0.4):
    """The thoughts of a solution to the problem `text`: `facts` used, `unused` ones, what is `asked` as a noun phrase and in the `question`'s wording, and the steps."""
    if is_concise:
        return restate(r, text, concise(steps))
    question = question if r.random() < question_share else None
    return restate(r, text, verbose(r, facts, unused, asked, steps, question))
