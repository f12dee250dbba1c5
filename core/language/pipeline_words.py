"""The equation of each stage of the pipeline, in the numbers of one token and one head.

x is what the stage reads, t the token that it is about, s the earlier token that it reads most from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.language.pipeline import PipelineConfig, PipelineFrame
from core.trace import Equation

__all__ = ["equations"]

Line = tuple[str, str, dict[str, Any], str]
_BLOCK = "core.language.transformer:_Part."
_HIDDEN = "core.language.transformer:Transformer.hidden"
_RECURRENT = "core.language.recurrent:Recurrent."
_ATTENTION = "core.autodiff.attention:"
_CELLS = "core.autodiff.recurrence:"


def equations(frame: PipelineFrame, config: PipelineConfig) -> list[Equation]:
    """None for a stage that is no arithmetic of its own."""
    if frame.sampling is not None:
        return frame.sampling.explain(config.sampling)
    make = _LINES.get(frame.stage)
    if make is None or frame.values is None:
        return []
    t = max(0, len(frame.values) - 1 - config.back)
    if frame.stage in ("attention.scores", "attention.pattern"):
        t = max(0, frame.values.shape[-2] - 1 - config.back)
    lines = make(frame, t, config.head)
    return [Equation(*line) for line in lines]


# --- what several lines need ---------------------------------------------------------------------------


def _part(frame: PipelineFrame, name: str) -> np.ndarray | None:
    """The used array of this name, in the same block."""
    return next((array for key, array in frame.used.items() if key.endswith(name)), None)


def _values(frame: PipelineFrame) -> np.ndarray:
    assert frame.values is not None
    return frame.values


def _length(x: np.ndarray) -> float:
    return float(np.linalg.norm(x.astype(np.float64)))


def _of_head(array: np.ndarray, head: int) -> int:
    """The head of an array (T, heads, D) that stands for a query head; the last if there are fewer."""
    return min(head, array.shape[-2] - 1)


def _shared(keys: int, head: int, heads: int) -> int:
    """Which key-value head a query head reads."""
    return min(head, heads - 1) * keys // heads


# --- the lines of each stage ---------------------------------------------------------------------------


def _embedding(frame: PipelineFrame, t: int, head: int) -> list[Line]:
    x = _length(_values(frame)[t])
    position = _part(frame, "embedding.position")
    if position is None:
        function = _HIDDEN if "embedding.token" in frame.used else _RECURRENT + "hidden"
        return [("token embedding", r"x = E_{w}, \; \lVert x \rVert = <x>", {"x": x}, function)]
    token = _part(frame, "embedding.token")
    assert token is not None
    values = {"e": _length(token[t]), "p": _length(position[t]), "x": x}
    template = r"x = E_{w} + P_{t}: \; \lVert E_{w} \rVert = <e>, \lVert P_{t} \rVert = <p>"
    return [("position", template + r", \lVert x \rVert = <x>", values, _HIDDEN)]


def _norm(frame: PipelineFrame, t: int, head: int) -> list[Line]:
    x = next(iter(frame.used.values()))[t].astype(np.float64)
    if frame.constants["centred"]:
        spread = float(np.sqrt(x.var() + frame.constants["eps"]))
        template = r"\hat{x} = \frac{x - \mu}{\sigma} \gamma + \beta, \; \mu = <mean>, \; \sigma = <spread>"
        values = {"mean": float(x.mean()), "spread": spread}
        return [("layer norm", template, values, "core.autodiff.layers:layer_norm")]
    size = float(np.sqrt(np.mean(x * x) + frame.constants["eps"]))
    template = r"\hat{x} = \frac{x}{r} \gamma, \; r = \sqrt{\overline{x^{2}} + \epsilon} = <size>"
    return [("rms norm", template, {"size": size}, "core.autodiff.layers:rms_norm")]


def _projected(letter: str, tag: str) -> Callable[[PipelineFrame, int, int], list[Line]]:
    def lines(frame: PipelineFrame, t: int, head: int) -> list[Line]:
        values = _values(frame)
        if values.ndim == 2:  # the recurrent model's
            size, function = _length(values[t]), _RECURRENT + "attention"
        else:
            size, function = _length(values[t, _of_head(values, head)]), _BLOCK + "attention"
        template = rf"{letter} = W_{{{letter}}} \hat{{x}}, \; \lVert {letter} \rVert = <size>"
        return [(tag, template, {"size": size}, function)]

    return lines


def _turned(letter: str) -> Callable[[PipelineFrame, int, int], list[Line]]:
    def lines(frame: PipelineFrame, t: int, head: int) -> list[Line]:
        after, before = _values(frame), next(iter(frame.used.values()))
        h = _of_head(after, head)
        values = {"place": t, "before": _length(before[t, h]), "after": _length(after[t, h])}
        template = rf"{letter}' = R_{{t}} {letter}, \; t = <place>, \; \lVert {letter} \rVert = <before>"
        template += rf" \to \lVert {letter}' \rVert = <after>"
        return [("turned", template, values, _ATTENTION + "rotary")]

    return lines


def _scores(frame: PipelineFrame, t: int, head: int) -> list[Line]:
    scores = _values(frame)
    if scores.ndim == 2:
        if t == 0:
            return []  # the first token has no past
        s = int(np.argmax(scores[t]))
        template = r"\max_{s} w \cdot \tanh(q_{t} + k_{s}) = <score>, \; s = <place>"
        values = {"score": float(scores[t, s]), "place": s}
        return [("compared", template, values, _ATTENTION + "additive_attention")]
    h = min(head, len(scores) - 1)
    s = int(np.argmax(scores[h, t]))
    query, key = frame.used.values()
    of_key = _shared(key.shape[-2], h, len(scores))
    dot = float(np.dot(query[t, h].astype(np.float64), key[s, of_key].astype(np.float64)))
    numbers = {"dot": dot, "scale": frame.constants["scale"], "score": float(scores[h, t, s]), "place": s}
    template = r"\max_{s} c \, q_{t} \cdot k_{s} = <scale> \cdot <dot> = <score>, \; s = <place>"
    return [("scaled", template, numbers, _ATTENTION + "causal_attention")]


def _pattern(frame: PipelineFrame, t: int, head: int) -> list[Line]:
    pattern, scores = _values(frame), _part(frame, "attention.scores")
    assert scores is not None
    if pattern.ndim == 2:
        if t == 0:
            return []
        row, z = pattern[t], scores[t]
    else:
        h = min(head, len(pattern) - 1)
        row, z = pattern[h, t], scores[h, t]
    s = int(np.argmax(row))
    total = float(np.exp((z - z.max()).astype(np.float64)).sum())
    template = r"\max_{s} a_{ts} = \frac{e^{z_{s} - m}}{\sum_{j} e^{z_{j} - m}} = \frac{1}{<sum>} = <a>"
    values = {"sum": total, "a": float(row[s])}
    return [("softmax", template, values, _ATTENTION + "_softmax_in_place")]


def _mixed(frame: PipelineFrame, t: int, head: int) -> list[Line]:
    mixed = _values(frame)
    h = _of_head(mixed, head)
    template = r"y_{t} = \sum_{s} a_{ts} v_{s}, \; \lVert y_{t} \rVert = <size>"
    return [("mixed", template, {"size": _length(mixed[t, h])}, _ATTENTION + "causal_attention")]


def _context(frame: PipelineFrame, t: int, head: int) -> list[Line]:
    template = r"c_{t} = \sum_{s < t} a_{ts} h_{s}, \; \lVert c_{t} \rVert = <size>"
    return [("read", template, {"size": _length(_values(frame)[t])}, _ATTENTION + "additive_attention")]


def _written(tag: str, template: str, function: str) -> Callable[[PipelineFrame, int, int], list[Line]]:
    """A stage told by the length of its vector."""

    def lines(frame: PipelineFrame, t: int, head: int) -> list[Line]:
        return [(tag, template + r" = <size>", {"size": _length(_values(frame)[t])}, function)]

    return lines


def _residual(tag: str) -> Callable[[PipelineFrame, int, int], list[Line]]:
    def lines(frame: PipelineFrame, t: int, head: int) -> list[Line]:
        if not frame.used:
            return []  # the LSTM's gate of this name
        after = _values(frame)
        change = _part(frame, "attention.output" if frame.stage == "middle" else "mlp.output")
        before = next(a for a in frame.used.values() if a is not change)
        assert change is not None
        values = {"x": _length(before[t]), "d": _length(change[t]), "after": _length(after[t])}
        template = r"x' = x + \Delta: \; \lVert x \rVert = <x>, \lVert \Delta \rVert = <d>"
        return [(tag, template + r", \lVert x' \rVert = <after>", values, _HIDDEN)]

    return lines


def _hidden(frame: PipelineFrame, t: int, head: int) -> list[Line]:
    hidden, up, gate = _values(frame)[t], _part(frame, "mlp.up"), _part(frame, "mlp.gate")
    assert up is not None
    n = int(np.argmax(np.abs(hidden)))
    values = {"n": n, "u": float(up[t, n]), "h": float(hidden[n])}
    if gate is None:
        template = r"h_{n} = \phi(u_{n}) = \phi(<u>) = <h>, \; n = <n>"
        return [("activation", template, values, _BLOCK + "mlp")]
    values["g"] = float(gate[t, n])
    template = r"h_{n} = \phi(g_{n}) \, u_{n} = \phi(<g>) \cdot <u> = <h>, \; n = <n>"
    return [("gated", template, values, _BLOCK + "mlp")]


def _logits(frame: PipelineFrame, t: int, head: int) -> list[Line]:
    z = _values(frame)[t].astype(np.float64)
    w = int(np.argmax(z))
    p = 1 / float(np.exp(z - z[w]).sum())
    recurrent = frame.kind == "recurrent"
    function = (_RECURRENT if recurrent else "core.language.transformer:Transformer.") + "head"
    product = r"e_{w} \cdot y + b_{w}" if recurrent else r"e_{w} \cdot \hat{x}"
    template = rf"\max_{{w}} \, {product} = <z>, \; w = <token>"
    template += r", \; p_{w} = \frac{e^{z_{w}}}{\sum_{v} e^{z_{v}}} = <p>"
    return [("logits", template, {"z": float(z[w]), "token": w, "p": p}, function)]


def _states(frame: PipelineFrame, t: int, head: int) -> list[Line]:
    """One unit's step: the one that moved most."""
    states = _values(frame)
    before = states[t - 1] if t else np.zeros_like(states[t])
    n = int(np.argmax(np.abs(states[t] - before)))
    names = {name.rpartition(".")[2]: array for name, array in frame.used.items()}
    after: dict[str, Any] = {"after": float(states[t, n]), "unit": n}
    if "update" in names:
        values = {"z": names["update"], "c": names["candidate"]}
        template = r"h'_{n} = \tilde{h} + z (h_{n} - \tilde{h}) = <after>"
        template += r", \; z = <z>, \; \tilde{h} = <c>, \; n = <unit>"
        return [("gru", template, after | {k: float(a[t, n]) for k, a in values.items()}, _CELLS + "_gru")]
    if "memory" in names:
        values = {"o": names["output"], "m": names["memory"]}
        template = r"h'_{n} = o \tanh c'_{n} = <o> \cdot \tanh <m> = <after>, \; n = <unit>"
        return [("lstm", template, after | {k: float(a[t, n]) for k, a in values.items()}, _CELLS + "_lstm")]
    template = r"h'_{n} = \tanh(W x + U h)_{n} = <after>, \; n = <unit>"
    return [("elman", template, after, _CELLS + "_elman")]


def _memory(frame: PipelineFrame, t: int, head: int) -> list[Line]:
    memory = _values(frame)
    before = memory[t - 1] if t else np.zeros_like(memory[t])
    n = int(np.argmax(np.abs(memory[t] - before)))
    gates = {name.rpartition(".")[2]: float(array[t, n]) for name, array in frame.used.items()}
    template = r"c'_{n} = f c_{n} + i \tilde{c} = <forget> \cdot <before> + <input> \cdot <candidate>"
    template += r" = <after>, \; n = <unit>"
    numbers = {"before": float(before[n]), "after": float(memory[t, n]), "unit": n}
    return [("memory", template, numbers | gates, _CELLS + "_lstm")]


_LINES: dict[str, Callable[[PipelineFrame, int, int], list[Line]]] = {
    "embedding": _embedding,
    "attention.norm": _norm,
    "mlp.norm": _norm,
    "norm": _norm,
    "attention.query": _projected("q", "query"),
    "attention.key": _projected("k", "key"),
    "attention.value": _projected("v", "value"),
    "attention.rotated_query": _turned("q"),
    "attention.rotated_key": _turned("k"),
    "attention.scores": _scores,
    "attention.pattern": _pattern,
    "attention.mixed": _mixed,
    "attention.context": _context,
    "attention.output": _written(
        "output", r"\Delta = W_{o} y, \; \lVert \Delta \rVert", _BLOCK + "attention"
    ),
    "middle": _residual("behind attention"),
    "mlp.up": _written("up", r"u = W_{u} \hat{x}, \; \lVert u \rVert", _BLOCK + "mlp"),
    "mlp.gate": _written("gated", r"g = W_{g} \hat{x}, \; \lVert g \rVert", _BLOCK + "mlp"),
    "mlp.hidden": _hidden,
    "mlp.output": _written("down", r"\Delta = W_{d} h, \; \lVert \Delta \rVert", _BLOCK + "mlp"),
    "output": _residual("behind the block"),
    "states": _states,
    "memory": _memory,
    "mixed": _written("mixed", r"y = \tanh(V [h; c]), \; \lVert y \rVert", _RECURRENT + "hidden"),
    "lens": _logits,
    "logits": _logits,
}
