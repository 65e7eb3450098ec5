# ruff: noqa: N818  (the names say what is wrong; all end up under one *Error)
"""Every error that the models package raises on purpose, as one tree.

::

    PeriscopeModelError
    ├── SourceError               a model or an SAE cannot be used as asked
    │   ├── ModelNotFound         no such folder, nothing in the cache, hub not reachable
    │   ├── SaeNotFound           no such folder, release or id
    │   ├── UnsafeFile            only pickled weights, or a model that wants to run its own code
    │   ├── WeightsInvalid        truncated or malformed file, missing parameter, NaN or infinity
    │   ├── HookMismatch          the model has no such hook, or it cannot be read or changed
    │   ├── DimensionMismatch     the SAE's width is not the hook's width
    │   ├── TokenizerMismatch     no tokenizer, or one that belongs to another model
    │   ├── ContextMismatch       the SAE's or the text's length exceeds the model's context
    │   │   └── NoRoom            the text fits, but not with as many new tokens as are asked for
    │   ├── DeviceUnavailable     the device or number format asked for is not on this machine
    │   └── Unsupported           understood, but not something Periscope does
    ├── InputRefused              a text, a token or a choice in a request cannot be used as it is
    │   └── InputMismatch         it could be, but not with this model or with the rest of the request
    ├── CorpusError               a text source is missing, empty or malformed
    ├── SteeringError             a steering or generation request cannot be done as it stands
    ├── TrainingRefused           an SAE cannot be trained as asked
    └── BuildError                a build or a training cannot start or go on
        └── MemoryRefused         it would not fit into the memory that is left

A message is one plain sentence or two: what was asked, what the limit is, what to do next. Importing this
module imports nothing else.
"""


def one_line(error: BaseException, limit: int = 200) -> str:
    """A library's message for use inside a sentence: one line, at most ``limit`` characters, no full stop.

    It may quote a stranger's file, so what would steer a terminal is left out.
    """
    said = "".join(character if character.isprintable() else " " for character in str(error)[: 50 * limit])
    text = " ".join(said.split()) or type(error).__name__
    return (text if len(text) <= limit else text[: limit - 1] + "…").rstrip(".: ")


class PeriscopeModelError(Exception):
    """Anything the models package refuses; the message is meant for the user as it stands."""


class SourceError(PeriscopeModelError):
    """A model or an SAE cannot be used as asked."""


class ModelNotFound(SourceError):
    """The language model is neither a local folder nor available from the hub or its cache."""


class SaeNotFound(SourceError):
    """The SAE is neither a local folder nor an available release and id."""


class UnsafeFile(SourceError):
    """Loading would unpickle a file or run code that came with the weights."""


class WeightsInvalid(SourceError):
    """A file is truncated or malformed, lacks a parameter, or holds NaN or infinity."""


class HookMismatch(SourceError):
    """The model has no such hook, or nothing can be read or changed there."""


class DimensionMismatch(SourceError):
    """The SAE's width differs from the width of the model's activations at its hook."""


class TokenizerMismatch(SourceError):
    """The model's tokenizer is missing or does not belong to it."""


class ContextMismatch(SourceError):
    """More tokens than the model's context holds."""


class NoRoom(ContextMismatch):
    """The context holds the text, and not as many new tokens besides."""


class DeviceUnavailable(SourceError):
    """The device or the number format asked for does not exist on this machine."""


class Unsupported(SourceError):
    """Recognised, but not something that Periscope does; the message gives the reason."""


class SteeringError(PeriscopeModelError):
    """A steering or generation request cannot be done as it stands; the message says what to change."""


class InputRefused(PeriscopeModelError):
    """A text, a token or a choice in a request cannot be used as it is."""


class InputMismatch(InputRefused):
    """Usable in itself, but not with this model or with the rest of the request."""


class CorpusError(PeriscopeModelError):
    """A corpus is missing, empty or malformed."""


class TrainingRefused(PeriscopeModelError):
    """An SAE cannot be trained as asked; the message says what to change."""


class BuildError(PeriscopeModelError):
    """A build cannot start or cannot go on."""


class MemoryRefused(BuildError):
    """The work would not fit into the memory that is left."""
