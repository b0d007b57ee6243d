"""Arithmetic spelled out in sums that a small model with one token a digit can do, place by place."""

INVERSE = {"+": "-", "-": "+", "*": "/", "/": "*"}


def evaluate(a, op, b):
    """The value of `a op b`; ValueError where it is no whole number."""
    if op == "+":
        return a + b
    if op == "-":
        return a - b
    if op == "*":
        return a * b
    if b == 0 or a % b:
        raise ValueError(f"{a} / {b} is not whole")
    return a // b


def places(n):
    """345 to [300, 40, 5]."""
    digits = str(n)
    return [int(d) * 10 ** (len(digits) - 1 - i) for i, d in enumerate(digits) if d != "0"] or [0]


def spelled(a, op, b):
    """`a op b = ... = value` with the partial sums in between."""
    value = evaluate(a, op, b)
    if min(a, b, value) < 0:
        return f"{a} {op} {b} = {value}"
    if op in "+-":
        parts = places(b if op == "-" else min(a, b))
        start = a if op == "-" else max(a, b)
        if len(parts) == 1:
            return f"{a} {op} {b} = {value}"
        chain, current = [f"{a} {op} {b}"], start
        while len(parts) > 1:
            chain.append(f"{current} " + " ".join(f"{op} {p}" for p in parts))
            current = evaluate(current, op, parts.pop(0))
        return " = ".join(chain + [f"{current} {op} {parts[0]}", str(value)])
    if op == "*":
        big, small = max(a, b), min(a, b)
        parts, other = (places(big), small) if small < 10 else (places(small), big)
        if len(parts) == 1 or (big <= 12 and small <= 10):
            return f"{a} * {b} = {value}"
        products = [p * other for p in parts]
        chain = [f"{a} * {b}", " + ".join(f"{p} * {other}" for p in parts)]
        while len(products) > 1:
            chain.append(" + ".join(map(str, products)))
            if len(products) == 2 and min(products) > 100:  # a sum worth spelling out itself
                return " = ".join(chain[:-1] + [spelled(products[0], "+", products[1])])
            products = [products[0] + products[1]] + products[2:]
        return " = ".join(chain + [str(value)])
    parts = places(value)
    if value <= 12 or len(parts) == 1:
        return f"{a} / {b} = {value}"
    return f"{a} / {b} = " + " + ".join(f"{p * b} / {b}" for p in parts) + " = " + " + ".join(map(str, parts)) + f" = {value}"
