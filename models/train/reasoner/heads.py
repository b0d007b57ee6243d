"""What the switcher and the verifier share: their inputs, and figures of a score against yes or no."""

import numpy as np
import torch

from . import batches


def hidden_states(parts, sequences, adapter_from, adapter_to, views, positions):
    """Yields (index, its hidden states after the final norm [T, D]) of every sequence.

    The adapter is on in [adapter_from, adapter_to) of each.
    """
    for chosen in batches.fill([len(s) for s in sequences], range(len(sequences)), positions):
        on, off = ([limits[i] for i in chosen] for limits in (adapter_from, adapter_to))
        batch = batches.pack([sequences[i] for i in chosen], positions, parts.lora.scale, on, off)
        with torch.no_grad():
            hidden = parts.base.hidden_states(batch.to(parts.base), views)
        for i, start in zip(chosen, batch.starts):
            yield i, hidden[start : start + len(sequences[i])]


def last_states(parts, sequences, adapter_from, adapter_to, views, positions):
    """The hidden state at each sequence's last token: f32 [N, D]."""
    out = torch.zeros(len(sequences), parts.base.hidden, device=parts.base.device)
    for i, hidden in hidden_states(parts, sequences, adapter_from, adapter_to, views, positions):
        out[i] = hidden[-1]
    return out.cpu()


def pooled(hidden, chunk, ema):
    """[T, D] -> [D]: means of chunks from the first position on, the later chunks weighing more."""
    state = None
    for part in hidden.split(chunk):
        mean = part.float().mean(0)
        state = mean if state is None else ema * state + (1 - ema) * mean
    return state


def pooled_states(parts, sequences, starts, chunk, ema, positions):
    """The switcher's input of each sequence, over its positions from `starts[i]` on: f32 [N, D]."""
    out = torch.zeros(len(sequences), parts.base.hidden, device=parts.base.device)
    nowhere = [0] * len(sequences)
    for i, hidden in hidden_states(parts, sequences, nowhere, nowhere, None, positions):
        out[i] = pooled(hidden[starts[i] :], chunk, ema)
    return out.cpu()


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
