"""``{id:digits}`` in a path: a part of an address that is nothing but digits.

Starlette's own ``int`` reads the number as well, and Python refuses one of thousands of digits. Without a convertor
``/vectors/{id}`` would take ``/vectors/1.safetensors`` too, and its methods would be told as those of the file.
"""

from typing import ClassVar

from starlette.convertors import Convertor, register_url_convertor


class Digits(Convertor[str]):
    """Digits, as they stand there."""

    regex: ClassVar[str] = "[0-9]+"

    def convert(self, value: str) -> str:
        """The same."""
        return value

    def to_string(self, value: str) -> str:
        """The same."""
        return value


def allow_digits() -> None:
    """Let routes that are made from now on name the convertor."""
    register_url_convertor("digits", Digits())
