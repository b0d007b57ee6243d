"""Every wording and the rules of a response, from the configuration's [wording]; bundle.json repeats them."""

from dataclasses import dataclass

from .decode import Request


@dataclass
class Prompt:
    """`ids`: everything before the response, which is the base's part."""

    ids: list
    budget: int | None


class Wording:
    def __init__(self, text, table):
        self.text, self.table = text, table
        self.begin = text.encode(table["begin"])
        self.closing = text.encode(table["closing"])
        self.answer_tokens = table["answer_tokens"]
        self.smallest = len(self.begin) + len(self.closing) + self.answer_tokens

    def messages(self, messages, budget=None):
        """The messages, and the statement of the budget behind the last."""
        if budget is None:
            return messages
        return [*messages, {"role": self.table["budget_role"], "content": self.table["budget_content"].replace("{budget}", str(budget))}]

    def prompt(self, messages, budget=None):
        return Prompt(self.text.encode(self.text.render(self.messages(messages, budget))), budget)

    def prompts(self, questions, budgets=None):
        """Prompts of single questions, encoded together."""
        budgets = budgets or [None] * len(questions)
        # One rendering for each budget: the question stands in it as it is.
        frames = {b: self.text.render(self.messages(user("\0"), b)) for b in set(budgets)}
        texts = [frames[b].replace("\0", q) for q, b in zip(questions, budgets)]
        return [Prompt(ids, b) for ids, b in zip(self.text.encode_all(texts), budgets)]

    def response(self, thoughts, answer):
        """The ids of a written response; thoughts and answer are ids."""
        return [*self.begin, *thoughts, *self.closing, *answer, self.text.end_of_turn]

    def closed(self, ids):
        return self.table["think_close"] in self.text.decode(ids)


def user(question):
    return [{"role": "user", "content": question}]


@dataclass
class Response:
    """`ids`: the whole response after the assistant header; its length is L. `ended`: by the end of the turn;
    `forced`: the closing was."""

    ids: list
    ended: bool
    forced: bool = False


def think(decoder, wording, prompts, limit, adapter="response", temperature=0.0, seed=0, limits=None):
    """Responses of at most `limit` tokens (or each one's of `limits`), nothing forced but their beginning.

    `adapter`: on from the "response" on, or from the "prompt" on, as an ordinary LoRA would be.
    """
    limits = limits or [limit] * len(prompts)
    requests = [Request(p.ids + wording.begin, len(p.ids) if adapter == "response" else 0, most - len(wording.begin)) for p, most in zip(prompts, limits)]
    decoder.generate(requests, temperature, seed)
    return [Response(wording.begin + r.tokens, r.ended) for r in requests]


def bound(decoder, wording, prompts, responses, budgets, adapter="response"):
    """What the responses, written without a bound or with a later one, become under `budgets`: exactly the engine's rule.

    Where the thoughts are not closed when only the closing and the answer still fit, the closing is forced and the
    answer decoded greedily; a response closed by then goes on to at most its budget.
    """
    out, requests, places = [], [], []
    for i, (prompt, response, budget) in enumerate(zip(prompts, responses, budgets)):
        free = budget - len(wording.closing) - wording.answer_tokens
        start = response.ids[:free]
        over = response.ended and len(response.ids) <= free
        if over or wording.closed(start):
            out.append(Response(response.ids[:budget], response.ended and len(response.ids) <= budget))
            continue
        kept = len(wording.begin) + len(wording.text.whole(start[len(wording.begin) :]))
        forced = start[:kept] + wording.closing
        out.append(Response(forced, False, True))
        requests.append(Request(prompt.ids + forced, len(prompt.ids) if adapter == "response" else 0, wording.answer_tokens))
        places.append(i)
    decoder.generate(requests)
    for i, request in zip(places, requests):
        tokens, ended = to_line_end(wording.text, request.tokens), request.ended
        out[i] = Response(out[i].ids + tokens, ended and len(tokens) == len(request.tokens), True)
    return out


def to_line_end(text, tokens):
    """The tokens to the first one with a line's end, which stops a forced answer."""
    for i, token in enumerate(tokens):
        if "\n" in text.decode([token]):
            return tokens[: i + 1]
    return tokens
