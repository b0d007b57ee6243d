"""What the switcher and the verifier share: their inputs, and figures of a score against yes or no."""

import numpy as np
import torch

from . import batches


def last_states(parts, sequences, adapter_from, adapter_to, views, tokens):
    """The hidden state after the final norm at each sequence's last token: f32 [N, D].

    The adapter is on in [adapter_from, adapter_to) of each sequence.
    """
    base = parts.base
    out = torch.zeros(len(sequences), base.hidden)
    lengths = np.array([len(s) for s in sequences])
    for chosen in batches.pool_order(lengths, np.arange(len(sequences)), tokens):
        ids, mask, _ = batches.collate([sequences[i] for i in chosen], [adapter_from[i] for i in chosen], lengths[chosen], parts.lora.scale)
        for row, i in enumerate(chosen):
            mask[row, adapter_to[i] :] = 0
        with torch.no_grad():
            hidden = base.hidden_states(batches.to(base.device, ids), views, batches.to(base.device, mask, base.dtype))
            last = torch.tensor(lengths[chosen] - 1, device=base.device)
            out[torch.tensor(chosen)] = hidden[torch.arange(len(chosen), device=base.device), last].float().cpu()
    return out


def pooled(hidden, chunk, ema):
    """[T, D] -> [D]: means of chunks from the first position on, the later chunks weighing more."""
    state = None
    for part in hidden.split(chunk):
        mean = part.float().mean(0)
        state = mean if state is None else ema * state + (1 - ema) * mean
    return state


def pooled_states(parts, sequences, starts, chunk, ema, tokens):
    """The switcher's input of each sequence, over its positions from `starts[i]` on: f32 [N, D]."""
    base = parts.base
    out = torch.zeros(len(sequences), base.hidden)
    lengths = np.array([len(s) for s in sequences])
    for chosen in batches.pool_order(lengths, np.arange(len(sequences)), tokens):
        ids, mask, _ = batches.collate([sequences[i] for i in chosen], lengths[chosen], lengths[chosen], 0.0)
        with torch.no_grad():
            hidden = base.hidden_states(batches.to(base.device, ids), None, batches.to(base.device, mask, base.dtype))
        for row, i in enumerate(chosen):
            out[i] = pooled(hidden[row, starts[i] : lengths[i]], chunk, ema).cpu()
    return out


def auc(scores, labels):
    """Chance that a yes scores higher than a no; None where one of them is missing."""
    scores, labels = np.asarray(scores, float), np.asarray(labels, bool)
    yes, no = labels.sum(), (~labels).sum()
    if not yes or not no:
        return None
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return round(float((ranks[labels].sum() - yes * (yes + 1) / 2) / (yes * no)), 4)


def calibration(scores, labels, bins=10):
    """The expected calibration error, and per bin of scores: mean score, share of yes, count."""
    scores, labels = np.asarray(scores, float), np.asarray(labels, float)
    place = np.minimum((scores * bins).astype(int), bins - 1)
    table, error = [], 0.0
    for b in range(bins):
        inside = place == b
        if inside.any():
            score, share = scores[inside].mean(), labels[inside].mean()
            error += inside.mean() * abs(score - share)
            table.append([round(float(score), 3), round(float(share), 3), int(inside.sum())])
    return round(float(error), 4), table


class Standard:
    """Standardised inputs, by the training part's mean and deviation."""

    def __init__(self, inputs):
        self.mean, self.deviation = inputs.mean(0), inputs.std(0) + 1e-6

    def __call__(self, inputs):
        return (inputs - self.mean) / self.deviation

    def fold(self, weight, bias):
        """Weights on standardised inputs as weights on the inputs themselves."""
        weight = weight / self.deviation
        return weight, bias - weight @ self.mean


def temperature(logits, labels):
    """The divisor of logits that makes them fit the labels best."""
    grid = torch.exp(torch.linspace(-2.0, 2.5, 181))
    losses = [torch.nn.functional.binary_cross_entropy_with_logits(logits / t, labels) for t in grid]
    return float(grid[int(torch.stack(losses).argmin())])
