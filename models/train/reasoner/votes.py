"""What votes are worth by temperature: one sample against the majority of several, for both adapters that ship, alone and mixed."""

from . import answers, setup
from .settings import evaluation_sets, stage, write_json
from .verifier import sample, vote


def rates(keys, wanted):
    """Accuracy of one sample and of the majority. keys [problems][samples]."""
    one = sum(sum(k == w for k in ks) / len(ks) for ks, w in zip(keys, wanted))
    majority = sum(vote(ks, [1.0] * len(ks)) == w for ks, w in zip(keys, wanted))
    return {"one": round(one / len(wanted), 4), "majority": round(majority / len(wanted), 4)}


def by_set(keys, sets):
    """`rates` of each set's problems, which follow one another in `keys`."""
    figures, start = {}, 0
    for group, members in sets.items():
        figures[group] = rates(keys[start : start + len(members)], [answers.key(row["answer"]) for row in members])
        start += len(members)
    return figures


def halves(one, other):
    """As many samples of each problem as each has, half of one and half of the other."""
    n = len(one[0])
    return [a[: n - n // 2] + b[: n // 2] for a, b in zip(one, other)]


def main():
    run = stage("votes", __doc__.split("\n")[0])
    run.refuse_if_done("votes.json")
    parts = setup.load(run)
    table, bundle = run["votes"], run["bundle"]
    n = table["samples"]
    decoder = parts.decoder(run)
    sets = {name: rows[: table["problems"]] for name, rows in evaluation_sets(run).items()}
    questions = [row["question"] for group in sets.values() for row in group]
    result, keys = {"samples": n, "adapters": {}, "both": {}}, {}

    def said(figures):
        return ", ".join(f"{g} {100 * f['one']:.1f} -> {100 * f['majority']:.1f} %" for g, f in figures.items())

    for name, stated, cap in (("sft", False, table["longest"]), (bundle["default"], bundle["default_stated"], bundle["default_budget"])):
        decoder.adapter(parts.adapter(run, name))
        found = result["adapters"].setdefault(name, {"tokens": cap, "stated": stated, "temperatures": {}})
        for number, temperature in enumerate(table["temperatures"]):
            _, responses = sample(parts, decoder, questions, n, cap, stated, temperature, run["seed"] * 1000 + 50 + number)
            flat = [answers.in_response(parts.text.said(r.ids)) for r in responses]
            keys[name, temperature] = [flat[i : i + n] for i in range(0, len(flat), n)]
            tokens, figures = sum(len(r.ids) for r in responses) / len(responses), by_set(keys[name, temperature], sets)
            found["temperatures"][str(temperature)] = {"mean_tokens": round(tokens, 1), "sets": figures}
            run.log(f"{name} at {temperature}: {tokens:.0f} tokens, {said(figures)}")
    for temperature in table["temperatures"]:
        figures = by_set(halves(keys["sft", temperature], keys[bundle["default"], temperature]), sets)
        result["both"][str(temperature)] = {"sets": figures}
        run.log(f"both at {temperature}: {said(figures)}")
    write_json(run.path("votes.json"), result)


if __name__ == "__main__":
    main()
