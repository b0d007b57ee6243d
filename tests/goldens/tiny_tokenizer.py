"""The tokenizer of the tiny models: byte-level BPE small enough to read.

Ids 0..2 are specials, 3..258 the 256 bytes in byte order, 259..287 the products of MERGES.
Every text encodes, and enough merges exist that a wrong merge order shows.
"""

SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
END_OF_TEXT, IM_START, IM_END = 0, 1, 2

# "Ġ" stands for the space byte. Later rows build on earlier ones, so rank matters.
MERGES = """
Ġ t|h e|Ġ a|i n|r e|Ġt he|o n|Ġ s|e r|a t|Ġ w|n d|o u|Ġ o|i s|i t|e n|in g|Ġ c|o r
Ġa nd|e s|Ġ b|l l|Ġo f|Ġ =|Ġt o|Ġ 1|s er
""".replace("\n", "|").strip("|").split("|")

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)

NORMAL, CONTROL = 1, 3  # token types of GGUF


def byte_symbols() -> list[str]:
    """The printable character that byte-level BPE writes for each byte 0..255.

    Bytes that are visible Latin-1 characters stand for themselves; the rest take, in order,
    the characters from U+0100 on.
    """
    visible = {*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    hidden = [b for b in range(256) if b not in visible]
    return [chr(b) if b in visible else chr(0x100 + hidden.index(b)) for b in range(256)]


def tokens() -> list[str]:
    products = [merge.replace(" ", "") for merge in MERGES]
    assert len(set(products)) == len(products)
    return SPECIALS + byte_symbols() + products


def token_types() -> list[int]:
    return [CONTROL] * len(SPECIALS) + [NORMAL] * (256 + len(MERGES))
