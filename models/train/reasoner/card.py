"""The model card of a bundle, from its manifest alone."""

SETS = {"synthetic": "seen families", "families": "unseen families", "svamp": "SVAMP", "gsm8k": "GSM8K"}
NONE = "none"
MASKED, OWN, SHARED = "sft", "sft-unmasked-own-kv", "sft-unmasked-shared-kv"
SETTINGS = {
    "base-direct": "base, direct",
    "base-step-by-step": "base, step by step",
    MASKED: "`verbose`",
    "sft-stated": "`verbose`, budget stated",
    OWN: "unmasked control, own prompt KV",
    SHARED: "unmasked control on the base's KV",
}


def table(head, rows):
    """A Markdown table; the first column is left, the others right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def percent(rate, digits=1):
    return "–" if rate is None else f"{100 * rate:.{digits}f}"


def number(value, digits=2):
    return "–" if value is None else f"{value:.{digits}f}"


class Figures:
    """What the card reads out of a manifest."""

    def __init__(self, manifest):
        self.manifest, self.metrics = manifest, manifest["metrics"]
        self.evaluation, self.training = self.metrics["evaluation"], self.metrics["training"]
        self.brief = manifest["adapters"]["brief"]["training"]
        self.budget = str(manifest["budgets"]["default"])
        self.sets = [name for name in SETS if name in self.evaluation[MASKED][NONE]]
        self.forced = [name for name in self.evaluation if name.startswith("grpo")]

    def name(self, setting):
        """How the card calls a setting."""
        if setting in SETTINGS:
            return SETTINGS[setting]
        kl = setting.removeprefix("grpo-kl-")
        return f"`brief`, KL {kl}" if setting == self.brief else f"budget-forced, KL {kl}"

    def at(self, setting, cap, group, figure="accuracy"):
        """A figure, or None where it was not measured."""
        return self.evaluation.get(setting, {}).get(cap, {}).get(group, {}).get(figure)

    def cell(self, setting, cap, group):
        accuracy, tokens = self.at(setting, cap, group), self.at(setting, cap, group, "tokens")
        return "–" if accuracy is None else f"{percent(accuracy)} / {tokens:.0f}"

    def caps(self):
        found = {cap for caps in self.evaluation.values() for cap in caps} - {NONE}
        return [*sorted(found, key=int), NONE]

    def shortening(self, setting, cap, group):
        """(how many times shorter than `verbose` without a cap, points of accuracy gained), or None."""
        before, after = self.at(MASKED, NONE, group, "tokens"), self.at(setting, cap, group, "tokens")
        if not before or not after:
            return None
        return before / after, 100 * (self.at(setting, cap, group) - self.at(MASKED, NONE, group))

    def writers(self):
        """What the verifier makes of the responses of each adapter: {setting: {set: figures}}."""
        return self.metrics["verifier"]["modes"][self.metrics["verifier"]["shipped"]]["writers"]

    def switcher(self, kind=None):
        return self.metrics["switcher"]["labels"][kind or self.metrics["switcher"]["shipped"]]


def goals(figures):
    """(what was to be reached, what was, whether it is)."""
    f, rows = figures, []

    def least(what, value, goal, form):
        rows.append((what, "–" if value is None else form(value), "–" if value is None else "yes" if value >= goal else "**no**"))

    for group, goal in (("synthetic", 0.95), ("families", 0.40), ("svamp", 0.35)):
        least(f"{SETS[group]}: at least {goal:.0%}, `verbose` without a cap", f.at(MASKED, NONE, group), goal, lambda v: f"{percent(v)} %")
    for group in f.sets:
        cost = 100 * (f.at(MASKED, NONE, group) - f.at(OWN, NONE, group))
        least(f"masking costs at most 3 points, {SETS[group]}", cost, -3, lambda v: f"{v:+.1f} points")
    for group in f.sets:
        found = f.shortening(f.brief, f.budget, group)
        what = f"`brief` with {f.budget} tokens stated: at least 2.0 times shorter for at most 3 points, {SETS[group]}"
        rows.append((what, "–", "–") if found is None else (what, f"{found[0]:.2f} times, {found[1]:+.1f} points", "yes" if found[0] >= 2 and found[1] >= -3 else "**no**"))
    for writer, sets in f.writers().items():
        votes = sets.get("svamp", {}).get("votes", {})
        if "8" in votes:
            one, eight = votes["1"], votes["8"]
            least(f"SVAMP, majority of 8 of {f.name(writer)}: at least 8 points over one sample", 100 * (eight["majority"] - one["majority"]), 8, lambda v: f"{v:+.1f} points")
            least(f"SVAMP, verifier-weighted vote of 8 of {f.name(writer)}: at least 5 points over the majority", 100 * (eight["weighted"] - eight["majority"]), 5, lambda v: f"{v:+.1f} points")
    least("switcher: at least half of the oracle's area above random routing", f.switcher()["evaluation"]["share_of_oracle"], 0.5, lambda v: f"{v:.2f} of it")
    return rows


def accuracy(figures):
    f, out = figures, []
    for group in f.sets:
        problems = f.at(MASKED, NONE, group, "problems")
        out.append(f"{SETS[group][0].upper() + SETS[group][1:]}, {problems} problems (one standard error is {percent(f.at(MASKED, NONE, group, 'error'))} points for `verbose` without a cap):\n")
        rows = [[f.name(setting), *(f.cell(setting, cap, group) for cap in f.caps())] for setting in f.evaluation]
        out.append(table(["", *f.caps()], rows))
    return "\n".join(out)


def masking(figures):
    f = figures
    rows = [[f.name(s), *(f"{percent(f.at(s, NONE, g))} ± {percent(f.at(s, NONE, g, 'error'))}" for g in f.sets)] for s in (MASKED, OWN, SHARED)]
    steps = f"{f.training['sft']['steps']} steps masked, {f.training['sft-unmasked']['steps']} unmasked; no cap; accuracy in %."
    return f"{steps}\n\n" + table(["", *(SETS[g] for g in f.sets)], rows)


def forcing(figures):
    f, out = figures, []
    for setting in f.forced:
        rows = []
        for cap in [c for c in f.evaluation[setting] if c != NONE] + [NONE]:
            cells = []
            for group in f.sets:
                found = f.shortening(setting, cap, group)
                outside = f.at(setting, cap, group, "outside_think")
                cells.append("–" if found is None else f"{f.at(setting, cap, group, 'tokens'):.0f} ({found[0]:.2f}×, {found[1]:+.1f}), {percent(outside, 0)}")
            rows.append([cap, *cells])
        out.append(f"{f.name(setting)}:\n\n" + table(["budget", *(SETS[g] for g in f.sets)], rows))
    before = ", ".join(f"{SETS[g]} {f.at(MASKED, NONE, g, 'tokens'):.0f} ({percent(f.at(MASKED, NONE, g, 'outside_think'), 0)} % outside)" for g in f.sets)
    rows = []
    for setting in f.forced:
        for when, entry in zip(("first step", "last step"), f.training[setting]["log"]):
            rows.append([f"{f.name(setting)}, {when} ({entry['step']})", percent(entry["accuracy"]), f"{entry['tokens']:.0f}", number(entry["reward"], 3), number(entry["kl"], 4), percent(entry["outside_think"])])
    out.append("In training, sampled:\n\n" + table(["", "right, %", "mean tokens", "reward", "KL a token", "outside the think block, %"], rows))
    return f"`verbose` without a cap, mean tokens: {before}.\n\n" + "\n".join(out)


def switcher(figures):
    f = figures
    kinds = list(f.metrics["switcher"]["labels"])
    shown = {kind: f.switcher(kind)["evaluation"] for kind in kinds}
    first = shown[kinds[0]]
    line = lambda share: first["none"] + share * (first["all"] - first["none"])
    rows = [[percent(share, 0), *(percent(shown[kind]["curve"][i][1]) for kind in kinds), percent(line(share)), percent(first["oracle_curve"][i][1])] for i, (share, _) in enumerate(first["curve"])]
    curve = table(["routed, %", *(f"{kind} labels" for kind in kinds), "random", "oracle"], rows)
    figure = lambda kind, name, form=number: form(f.switcher(kind).get(name))
    rows = [[("**" + kind + "**" if kind == f.metrics["switcher"]["shipped"] else kind), number(shown[kind]["area"], 4), number(shown[kind]["oracle_area"], 4), number(shown[kind]["share_of_oracle"]),
             figure(kind, "threshold"), figure(kind, "accuracy_at_threshold", percent), figure(kind, "routed_problems", percent), figure(kind, "routed_chat", percent),
             figure(kind, "auc_source", lambda v: number(v, 3)), figure(kind, "auc_benefit", lambda v: number(v, 3))] for kind in kinds]  # fmt: skip
    head = ["labels (the bold one ships)", "area above random", "oracle's", "share", "threshold", "accuracy there, %", "problems routed, %", "chat routed, %", "AUC, needs reasoning", "AUC, benefit"]
    return f"Accuracy in % by the share routed to the reasoner, on the {f.metrics['switcher']['checked']} evaluation prompts whose answer can be checked:\n\n{curve}\n{table(head, rows)}"


def verifier(figures):
    f, about = figures, figures.metrics["verifier"]
    rows = []
    for mode, found in about["modes"].items():
        for writer, sets in found["writers"].items():
            cells = [f"{number(sets[g]['auc'], 3)} / {number(sets[g]['ece'], 3)}" for g in f.sets]
            rows.append([f"**{mode}**" if mode == about["shipped"] else mode, f.name(writer), f"{number(found['auc'], 3)} / {number(found['ece'], 3)}", *cells])
    out = ["AUC / expected calibration error, by who reads the verification text (the bold one ships) and who wrote:\n", table(["mode", "responses of", "held-out, both", *(SETS[g] for g in f.sets)], rows)]
    for writer, sets in f.writers().items():
        for group in f.sets:
            votes = sets[group]["votes"]
            cells = [[n, *(percent(v[way]) for way in ("majority", "weighted", "best_of_n", "some_right")), percent(v["error"])] for n, v in votes.items()]
            out += [f"\nVotes of {f.name(writer)}, {SETS[group]}, accuracy in %:\n", table(["N", "majority", "weighted", "best of N", "some right", "± (majority)"], cells)]
    budgets = " and ".join(f"{tokens} tokens for {f.name(writer)}" for writer, tokens in about["budgets"].items())
    return f"{about['samples']} samples a problem, temperature {about['temperature']}, {budgets}.\n\n" + "\n".join(out)


def votes(figures):
    f, measured = figures, figures.metrics["votes"]
    out = [f"One sample, then the majority of {measured['samples']}, accuracy in %, by temperature:\n"]
    cells = lambda at: [f"{percent(at['sets'][g]['one'])} → {percent(at['sets'][g]['majority'])}" for g in f.sets]
    rows = []
    for name, found in measured["adapters"].items():
        for temperature, at in found["temperatures"].items():
            rows.append([f"{f.name(name)}, {found['tokens']} tokens{' stated' if found['stated'] else ''}", temperature, *cells(at), at["mean_tokens"]])
    rows += [["half of each", temperature, *cells(at), ""] for temperature, at in measured["both"].items()]
    return "\n".join(out) + "\n" + table(["adapter", "temperature", *(SETS[g] for g in f.sets), "mean tokens"], rows)


def limits(figures):
    f = figures
    known = lambda values: [v for v in values if v is not None]
    best = lambda group: percent(max(known(f.at(s, c, group) for s in (MASKED, f.brief) for c in f.caps()), default=None))
    held = f.metrics["verifier"]["modes"][f.metrics["verifier"]["shipped"]]
    smallest = str(f.manifest["budgets"]["choices"][0])
    cut = ", ".join(f"{percent(f.at(f.brief, smallest, g, 'forced'), 0)} % of {SETS[g]}" for g in f.sets)
    lines = [
        "It was trained on short arithmetic word problems in English and measured on nothing else: no algebra, geometry, code, facts or other languages.",
        f"Problems of several steps in free wording: GSM8K {best('gsm8k')} % at best." if "gsm8k" in f.sets else "",
        f"Kinds of problems that it never saw: {best('families')} % at best, against {best('synthetic')} % of the kinds that it saw." if "families" in f.sets else "",
        "A wrong answer comes with thoughts in the same sure tone as a right one.",
        f"The verifier errs: its AUC on held-out samples is {number(held['auc'])}; its scores are calibrated on the kinds of problems it was trained on, and elsewhere only as far as the table says.",
        "The switcher reads the user's last turn alone, as the base sees it; it was trained on word problems and short chat.",
        f"With {smallest} tokens the thoughts of {cut} are cut by the forced closing.",
        "A stated budget is a wish that training rewarded; the engine's forced closing is what bounds a response.",
        "It is a model of 135 million parameters' knowledge and biases; nothing was trained for safety." if f.manifest["base"]["name"].startswith("SmolLM2-135M") else "",
    ]
    return "\n".join(f"- {line}" for line in lines if line)


def text(manifest, notes=""):
    """README.md of the bundle. `notes`: what was tried, in Markdown."""
    f = Figures(manifest)
    base, training = manifest["base"], manifest["training"]
    met = [met for *_, met in goals(f)]
    tried = f"\n## What was tried\n\n{notes.strip()}\n" if notes else ""
    data = "\n".join(f"- {source['name']}: {source['by']}. {source['license']}." for source in manifest["data"])
    commands = "\n".join(training["commands"])
    devices = ", ".join(sorted({str(stage.get("device")) for stage in f.training.values()}))
    return f"""# {manifest["name"]}

A reasoner for {base["name"]} as shipped (`{base["file"]}`, SHA-256 `{base["sha256"]}`): two LoRA adapters that think on the base's own KV of the prompt, a switcher that says when to, and a verifier that judges branches.
`verbose` was trained on written solutions with its term off on the prompt, `{manifest["default_adapter"]}` (the default) made brief from it by reinforcement learning. `bundle.json` has every wording and figure; this card is made of it.

Greedy decoding unless stated. "a / b" is accuracy in % / mean tokens of the whole response. A cap bounds the whole response: where thoughts are open when only the closing and the answer fit, both are forced. Where a budget is stated, it is the cap. The base has no cap.

## What was to be reached

{table(["goal", "reached", "met"], goals(f))}
{met.count("yes")} of {len(met)} were reached, {met.count("**no**")} missed{f", {met.count('–')} not measured" if "–" in met else ""}.
{tried}
## Accuracy at caps

{accuracy(f)}
"Unseen families" are whole kinds of problems, with new themes, that training never shows. The SVAMP problems are a development split; SVAMP is built of variants of the same stories, so that other variants of theirs are in the training data. GSM8K's are held-out training problems. Neither test set was looked at.

## What masking costs

{masking(f)}
## Budget forcing

Mean tokens (how many times shorter than `verbose` without a cap, points of accuracy gained), share of tokens outside the think block in %, of responses that close it:

{forcing(f)}
The adapters were trained with a budget stated; "none" states none.

## Switcher

{switcher(f)}
Source labels say whether a prompt is a word problem; benefit labels whether the reasoner was right where the base was wrong.

## Verifier and votes

{verifier(f)}
"Some right" is what a perfect verifier would reach. Samples without an answer have no vote and count in no AUC.

{votes(f)}
## What it cannot do

{limits(f)}

## Data and licences

The bundle is under {manifest["license"]}, its base under {base["license"]} ({base["source"]}). Trained on:

{data}

The full notices are in `models/train/data/README.md` of the sources.

## Made by

Commit `{training["commit"]}`, seed {training["seed"]}, torch {training["torch"]}, on {devices}; in `models/train`:

```sh
{commands}
```
"""
