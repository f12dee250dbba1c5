"""What every language model can be asked, counted or learned alike.

A model gives each token of its vocabulary a probability, given the tokens before it:

    log_probs(context)        ln P of every token after the context                   (vocab_size,)
    nlls(ids, context)        -ln P of each of the ids, given the context and those before it   (len(ids),)
    nll(ids, context)         their sum, in nats
    start(context)            a `State`, which knows the next token's logits and takes one token more
    generate(ids, n, config, rng)     n more ids

An n-gram model needs no context. A network needs one token to start from: give a text's start token.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.autodiff import Keep, Tensor
from core.language.sampling import SamplingConfig, sample
from core.numerics import cross_entropy, log_softmax

__all__ = ["Cache", "LanguageModel", "Network", "Replay", "State", "generate", "token_ids"]

Array = NDArray[np.floating]
N = TypeVar("N", bound="Network")


class State(Protocol):
    """A text in the making: where the model stands after the ids pushed so far."""

    @property
    def logits(self) -> Array:
        """(vocab_size,): the next token's; their softmax is its distribution."""

    def push(self, ids: int | Sequence[int]) -> Array:
        """Go on behind one more token, or several. Returns the new `logits`."""

    def fork(self) -> State:
        """Another state at the same place: what is pushed to one leaves the other as it is."""

    def nlls(self, ids: ArrayLike) -> Array:
        """-ln P of each of the ids behind the text, (len(ids),); the state stays where it is."""


class LanguageModel(Protocol):
    """See the module's head for what each gives."""

    @property
    def vocab_size(self) -> int: ...
    def log_probs(self, context: Sequence[int] = ()) -> Array: ...
    def nlls(self, ids: ArrayLike, context: Sequence[int] = ()) -> Array: ...
    def nll(self, ids: ArrayLike, context: Sequence[int] = ()) -> float: ...
    def start(self, context: Sequence[int] = ()) -> State: ...
    def generate(
        self, ids: Sequence[int], n: int, config: SamplingConfig, rng: np.random.Generator
    ) -> list[int]: ...


def generate(
    model: LanguageModel, ids: Sequence[int], n: int, config: SamplingConfig, rng: np.random.Generator
) -> list[int]:
    """`n` more ids behind `ids`, drawn one at a time."""
    text = list(ids)
    if n == 0:
        return []
    state = model.start(text)
    while True:
        text.append(sample(state.logits, config, rng, text))
        if len(text) == len(ids) + n:
            return text[len(ids) :]
        state.push(text[-1])


class Replay:
    """The state of a model that keeps none: it is asked about the whole text each time."""

    def __init__(self, model: LanguageModel, context: Sequence[int] = ()) -> None:
        self.model = model
        self.text = list(context)
        self.logits: Array = model.log_probs(self.text)

    def push(self, ids: int | Sequence[int]) -> Array:
        self.text += [ids] if isinstance(ids, int | np.integer) else list(ids)
        self.logits = self.model.log_probs(self.text)
        return self.logits

    def fork(self) -> Replay:
        other = copy.copy(self)
        other.text = list(self.text)
        return other

    def nlls(self, ids: ArrayLike) -> Array:
        return self.model.nlls(ids, self.text)


class Network:
    """A model that is a differentiable function of named parameters.

    A subclass says in `hidden` what it computes before the last linear map; that is written once, over
    tensors: with parameters that require gradients it is recorded, with plain ones it is not.

    Attributes:
        config: what it was made from; its `vocab_size` and `context`, the most tokens it sees at once
            (None: any number).
        parameters: name -> array; a model does not write to them.
    """

    config: Any
    parameters: dict[str, Array]

    def __init__(self, config: Any, parameters: Mapping[str, Array]) -> None:
        self.config = config
        self.parameters = dict(parameters)
        self._tensors = {name: Tensor(array) for name, array in self.parameters.items()}

    # --- what a subclass computes ------------------------------------------------------------------

    def hidden(
        self, weights: Mapping[str, Tensor], ids: Array, *, state: Any = None, keep: Keep | None = None,
        drop: Any = None,
    ) -> Tensor:  # fmt: skip
        """ids (..., T) -> (..., T, width), behind the last norm.

        `state` is what an earlier call left behind and this one goes on from; `keep` is given every
        intermediate by name; `drop`, a function of tensors, is applied where dropout belongs.
        """
        raise NotImplementedError

    def head(self, weights: Mapping[str, Tensor], hidden: Tensor) -> Tensor:
        """(..., T, width) -> logits (..., T, vocab_size)."""
        raise NotImplementedError

    def memory(self) -> Any:
        """What `hidden` takes as `state` and goes on from, empty; `length` counts the tokens in it."""
        raise NotImplementedError

    # --- what all are asked ------------------------------------------------------------------------

    @property
    def vocab_size(self) -> int:
        return self.config.vocab_size

    @property
    def context(self) -> int | None:
        return getattr(self.config, "context", None)

    @property
    def size(self) -> int:
        """How many numbers the parameters are."""
        return sum(array.size for array in self.parameters.values())

    def with_parameters(self: N, parameters: Mapping[str, Array]) -> N:
        """The same model with other parameters."""
        other = copy.copy(self)
        Network.__init__(other, self.config, parameters)
        return other

    def forward(
        self, weights: Mapping[str, Tensor], ids: ArrayLike, *, keep: Keep | None = None, drop: Any = None
    ) -> Tensor:
        """ids (..., T) -> logits (..., T, vocab_size): row t is about token t + 1."""
        logits = self.head(weights, self.hidden(weights, token_ids(ids), keep=keep, drop=drop))
        if keep is not None:
            keep("logits", logits.data)
        return logits

    def logits(self, ids: ArrayLike, keep: Keep | None = None) -> Array:
        """ids (T,) -> (T, vocab_size). Every intermediate goes to `keep` by name; see the class."""
        return self.forward(self._tensors, token_ids(ids), keep=keep).data

    def start(self, context: Sequence[int] = ()) -> NetworkState:
        """The state behind some tokens, one at least before it is asked for logits."""
        return NetworkState(self, context)

    def log_probs(self, context: Sequence[int] = ()) -> Array:
        """ln P(w | context) for every w: (vocab_size,)."""
        return log_softmax(self.start(context).logits)

    def nll(self, ids: ArrayLike, context: Sequence[int] = ()) -> float:
        """-ln P(ids | context), summed, in nats."""
        return float(self.nlls(ids, context).sum())

    def nlls(self, ids: ArrayLike, context: Sequence[int] = ()) -> Array:
        """-ln P of each token given those before it: (len(ids),), float64.

        A text longer than the model's context is read in windows that overlap by half.
        """
        targets = token_ids(ids, self.vocab_size)
        text = np.concatenate([token_ids(context, self.vocab_size), targets])
        if len(text) == len(targets):
            raise ValueError(f"{type(self).__name__} needs one token of context to start from, found none")
        out = np.empty(len(text) - 1)
        for begin, first, end in windows(len(text) - 1, self.context):
            logits = self.logits(text[begin:end])[first - begin :]
            out[first:end] = cross_entropy(logits, text[first + 1 : end + 1])
        return out[len(text) - len(targets) - 1 :]

    def generate(
        self, ids: Sequence[int], n: int, config: SamplingConfig, rng: np.random.Generator
    ) -> list[int]:
        """`n` more ids behind `ids`, which must hold one at least."""
        return generate(self, ids, n, config, rng)


class Cache:
    """Keys and values of the tokens read so far, each computed once: (length, K, D) for a layer."""

    def __init__(self, layers: int) -> None:
        self.length = 0
        self._layers: list[Any] = [None] * layers

    def extend(self, layer: int, *new: Tensor) -> list[Tensor]:
        """The layer's keys and values, old and `new`; `length` counts the new ones after the last layer."""
        end = self.length + len(new[0])
        held = self._layers[layer]
        if held is None or len(held[0]) < end:
            grown = [np.empty((max(64, 2 * self.length, end), *x.shape[1:]), x.dtype) for x in new]
            for array, old in zip(grown, held or [], strict=False):
                array[: self.length] = old[: self.length]
            held = self._layers[layer] = grown
        for array, x in zip(held, new, strict=True):
            array[self.length : end] = x.data
        return [Tensor(array[:end]) for array in held]


class NetworkState:
    """A text in the making, and the network's memory of it. At the end of the context the later half is read
    anew, so that it never grows beyond."""

    def __init__(self, model: Network, context: Sequence[int] = ()) -> None:
        self.model = model
        self.text: list[int] = []
        self._begin = 0
        self._memory = model.memory()
        self._logits: Array | None = None
        if len(context):
            self.push(context)

    @property
    def logits(self) -> Array:
        if self._logits is None:
            raise ValueError(
                f"{type(self.model).__name__} needs one token of context to start from, found none"
            )
        return self._logits

    def push(self, ids: int | Sequence[int]) -> Array:
        model = self.model
        new = token_ids([ids] if isinstance(ids, int | np.integer) else ids, model.vocab_size)
        if not len(new):
            return self.logits
        self.text += new.tolist()
        begin = windows(len(self.text), model.context)[-1][0]
        if begin != self._begin:
            self._begin, self._memory = begin, model.memory()
        unread = np.array(self.text[begin + self._memory.length :])
        hidden = model.hidden(model._tensors, unread, state=self._memory)
        self._logits = model.head(model._tensors, hidden[-1:]).data[0]
        return self._logits

    def fork(self) -> NetworkState:
        """Its memory is copied; the model is the same."""
        other = copy.copy(self)
        other.text, other._memory = list(self.text), copy.deepcopy(self._memory)
        return other

    def nlls(self, ids: ArrayLike) -> Array:
        """What was read is not read again, unless the ids reach beyond the context."""
        model, new = self.model, token_ids(ids, self.model.vocab_size)
        if not len(new) or windows(len(self.text) + len(new), model.context)[-1][0] != self._begin:
            return model.nlls(new, self.text)
        hidden = model.hidden(model._tensors, new, state=copy.deepcopy(self._memory))
        logits = model.head(model._tensors, hidden).data
        return cross_entropy(np.concatenate([self.logits[None], logits[:-1]]), new)


def windows(length: int, context: int | None) -> list[tuple[int, int, int]]:
    """How `length` tokens are read by a model that sees `context` at once: (begin, first new one, end).

    Each window but the first repeats the later half of the one before. Which window a token is predicted
    from depends on its place alone, so that generation and scoring see the same.
    """
    if context is None or length <= context:
        return [(0, 0, length)] if length else []
    hop = max(1, context // 2)
    found = [(0, 0, context)]
    while found[-1][2] < length:
        begin, _, end = found[-1]
        found.append((begin + hop, end, min(end + hop, length)))
    return found


def token_ids(ids: ArrayLike, vocab_size: int | None = None) -> Any:
    """`ids` as an array of whole numbers, each below `vocab_size`. ValueError in one sentence."""
    array = np.asarray(ids)
    if array.size == 0:
        return array.astype(np.int64)
    if array.dtype.kind not in "iu":
        raise ValueError(f"ids: expected whole numbers, found {array.dtype}")
    if vocab_size is not None and (array.min() < 0 or array.max() >= vocab_size):
        raise ValueError(f"ids: expected 0 to {vocab_size - 1}, found {array.min()} to {array.max()}")
    return array
