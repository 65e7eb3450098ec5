"""What goes wrong while a model loads or works, as the sentence that whoever waits is told."""

import logging

from app.errors import Overloaded, PeriscopeError, permission_sentence
from models.errors import PeriscopeModelError, one_line

log = logging.getLogger("periscope.engine")


def plain(error: Exception) -> BaseException:
    """Running out of memory as the sentence it is; other errors as they are, in the log if nobody foresaw them."""
    if isinstance(error, PeriscopeError | PeriscopeModelError):
        return error
    text = str(error)
    if isinstance(error, MemoryError) or "out of memory" in text.lower() or "can't allocate memory" in text:
        return Overloaded("The memory did not suffice for this request; shorten it, or try again later.")
    log.error("A job failed", exc_info=error)
    return error


def sentence_of(error: BaseException) -> str:
    """Why a model could not be loaded, for everybody who asks for it."""
    if isinstance(error, PeriscopeError | PeriscopeModelError):
        return str(error)
    if isinstance(error, PermissionError):
        return permission_sentence(error)
    log.error("Loading a model failed", exc_info=error)
    return f"The model cannot be loaded ({one_line(error)})."
