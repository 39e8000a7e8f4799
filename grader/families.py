"""What is told apart when thresholds are calibrated: the reference, and what a submission can make of it.

A family is a change to a model's configuration, the same for every builder, so that an exercise that is added has its
families at once. What a forecast cannot tell (another recurrent layer, a layer too few, a `tanh` at the end, one layer
frozen among others) is told by the checks on layers; it is no family here.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from grader import architecture, wire
from grader.evidence import ModelData

HONEST = "reference"

Config = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Checks that train the same architecture on the same windows: they share their runs."""

    checks: tuple[str, ...]
    model: ModelData
    look_back: int
    sequence: bool

    @property
    def families(self) -> dict[str, ModelData]:
        """The reference, and what a submission can make of it that must not pass."""
        changes = {HONEST: _as_it_is, **FAMILIES}
        return {name: replace(self.model, config=change(self.model.config)) for name, change in changes.items()}


def read_recipes(path: Path) -> list[Group]:
    """The groups of the checks that a run with `Job.recipes` has written down."""
    groups: dict[str, Group] = {}
    with path.open("rb") as stream:
        size = path.stat().st_size
        while stream.tell() < size:
            recipe = wire.decode(stream.read)
            model, how = recipe["model"], (recipe["look_back"], recipe["sequence"])
            key = architecture.digest([model.kind, nameless(architecture.stateless(model.config)), how])
            known = groups[key].checks if key in groups else ()
            groups[key] = Group(checks=(*known, recipe["check"]), model=model, look_back=how[0], sequence=how[1])
    return list(groups.values())


def nameless(config: Any) -> Any:
    """A configuration without names and shapes: what two layers of the same kind have in common."""
    if isinstance(config, Mapping):
        return {key: nameless(value) for key, value in config.items() if key not in _NAMES}
    return [nameless(item) for item in config] if isinstance(config, list | tuple) else config


_NAMES = {"name", "build_config", "compile_config", "batch_shape", "build_input_shape", "inbound_nodes", "dtype"}


def _as_it_is(config: Config) -> Config:
    return config


def _head(activation: str) -> Callable[[Config], Config]:
    def change(config: Config) -> Config:
        changed = copy.deepcopy(dict(config))
        # The layer that forecasts.
        last = [layer for layer in _weighted(changed) if "activation" in _inner(layer)][-1]
        _inner(last)["activation"] = activation
        return changed

    return change


def _frozen(config: Config) -> Config:
    """Nothing learns."""
    changed = copy.deepcopy(dict(config))
    for layer in _weighted(changed):
        layer["config"]["trainable"] = False
    return changed


def _blind(config: Config) -> Config:
    """The first layer has weights of zero and keeps them: whatever the window, the answer is the same."""
    changed = copy.deepcopy(dict(config))
    first = _weighted(changed)[0]
    first["config"]["trainable"] = False
    for key in ("kernel_initializer", "recurrent_initializer"):
        if key in _inner(first):
            _inner(first)[key] = architecture.ZEROS
    return changed


FAMILIES: Mapping[str, Callable[[Config], Config]] = {
    "relu-head": _head("relu"),
    "sigmoid-head": _head("sigmoid"),
    "frozen": _frozen,
    "ignores-input": _blind,
}


def _weighted(config: Config) -> list[Any]:
    return [layer for layer in config["layers"] if "kernel_initializer" in _inner(layer)]


def _inner(layer: Config) -> Any:
    config = layer["config"]
    # `TimeDistributed` and the like hold the layer with the weights.
    return config["layer"]["config"] if isinstance(config.get("layer"), Mapping) else config
