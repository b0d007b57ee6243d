"""The base's tokenizer and chat template, both from its GGUF file."""

import os

os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")

import jinja2.sandbox
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

CONTROL = 3  # GGUF's type of special tokens


class Text:
    """Text to token ids and back; messages to text."""

    def __init__(self, metadata):
        tokens, merges = metadata["tokenizer.ggml.tokens"], metadata["tokenizer.ggml.merges"]
        self.tokenizer = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=[tuple(m.split(" ")) for m in merges]))
        steps = [pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)]
        if metadata["tokenizer.ggml.pre"] == "smollm":  # splits off every digit
            steps.insert(0, pre_tokenizers.Digits(individual_digits=True))
        self.tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
        self.tokenizer.decoder = decoders.ByteLevel()
        specials = [t for t, kind in zip(tokens, metadata["tokenizer.ggml.token_type"]) if kind == CONTROL]
        self.tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in specials])
        self.end_of_turn = self.tokenizer.token_to_id("<|im_end|>")
        environment = jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
        self.template = environment.from_string(metadata["tokenizer.chat_template"])

    def encode(self, text):
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def encode_all(self, texts):
        return [e.ids for e in self.tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    def decode(self, ids):
        return self.tokenizer.decode(list(ids), skip_special_tokens=False)

    def said(self, ids):
        """The text before the end of the turn."""
        ids = list(ids)
        return self.decode(ids[: ids.index(self.end_of_turn)] if self.end_of_turn in ids else ids)

    def whole(self, ids):
        """The ids without those at the end that only begin a character."""
        ids = list(ids)
        while ids and self.decode(ids).endswith("\ufffd"):
            ids.pop()
        return ids

    def render(self, messages, generation_prompt=True):
        return self.template.render(messages=messages, add_generation_prompt=generation_prompt)
