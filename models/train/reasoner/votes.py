"""What votes are worth by temperature: one sample against the majority of several, for both adapters that ship."""

from . import answers, setup
from .settings import evaluation_sets, stage, write_json
from .verifier import vote
from .wording import bound, think


def rates(keys, wanted):
    """Accuracy of one sample and of the majority. keys [problems][samples]."""
    one = sum(sum(k == w for k in ks) / len(ks) for ks, w in zip(keys, wanted))
    majority = sum(vote(ks, [1.0] * len(ks)) == w for ks, w in zip(keys, wanted))
    return {"one": round(one / len(wanted), 4), "majority": round(majority / len(wanted), 4)}


def sample(run, decoder, parts, rows, stated, cap, temperature, seed):
    """(answers [problems][samples], mean tokens of a response)."""
    n = run["votes"]["samples"]
    prompts = parts.wording.prompts([row["question"] for row in rows for _ in range(n)], [cap if stated else None] * len(rows) * n)
    free = think(decoder, parts.wording, prompts, cap, temperature=temperature, seed=seed)
    responses = bound(decoder, parts.wording, prompts, free, [cap] * len(prompts))
    keys = [answers.in_response(parts.text.said(r.ids)) for r in responses]
    return [keys[i : i + n] for i in range(0, len(keys), n)], sum(len(r.ids) for r in responses) / len(responses)


def main():
    run = stage("votes", __doc__.split("\n")[0])
    run.refuse_if_done("votes.json")
    parts = setup.load(run)
    table, bundle = run["votes"], run["bundle"]
    decoder = parts.decoder(run)
    sets = {name: rows[: table["problems"]] for name, rows in evaluation_sets(run).items()}
    rows = [row for group in sets.values() for row in group]
    result = {"samples": table["samples"], "adapters": {}}
    for name, stated, cap in (("sft", False, table["longest"]), (bundle["default"], bundle["default_stated"], bundle["default_budget"])):
        decoder.adapter(parts.adapter(run, name))
        found = result["adapters"].setdefault(name, {"tokens": cap, "stated": stated, "temperatures": {}})
        for number, temperature in enumerate(table["temperatures"]):
            keys, tokens = sample(run, decoder, parts, rows, stated, cap, temperature, run["seed"] * 1000 + 50 + number)
            figures, start = {}, 0
            for group, members in sets.items():
                part = slice(start, start + len(members))
                figures[group] = rates(keys[part], [answers.key(row["answer"]) for row in members])
                start += len(members)
            found["temperatures"][str(temperature)] = {"mean_tokens": round(tokens, 1), "sets": figures}
            run.log(f"{name} at {temperature}: {tokens:.0f} tokens, " + ", ".join(f"{g} {100 * f['one']:.1f} -> {100 * f['majority']:.1f} %" for g, f in figures.items()))
    write_json(run.path("votes.json"), result)


if __name__ == "__main__":
    main()
