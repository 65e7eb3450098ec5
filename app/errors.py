"""Every error this application raises on purpose, each with its HTTP status, and the one map to problem+json.

::

    PeriscopeError                     500
    ├── SettingsError                  500  a setting cannot be used
    │   └── InsecureHost               500  open to the network without a token
    ├── InvalidRequest                 422  change the request
    │   └── Unfit                      422  well-formed, but this source, model or build cannot do it; the API: 409
    │       └── BadCursor              422
    ├── Unauthorized                   401
    ├── NotFound                       404
    │   ├── UnknownSource              404
    │   ├── UnknownLatent              404
    │   └── UnknownBuild               404
    ├── Conflict                       409
    │   ├── SlugTaken                  409
    │   ├── BuildRunning               409
    │   ├── BuildLost                  409  another process took the build over, or it was cancelled
    │   └── NotBuilt                   409  the source has no finished build yet
    ├── CannotServe                    500  the address cannot be opened
    ├── CheckpointFailed               507  the state of a build cannot be written or read
    └── Unavailable                    503  try again later (Retry-After)
        ├── Overloaded                 503
        ├── Stuck                      503  threads do not come back
        └── DatabaseError              503
            ├── DatabaseUnreachable    503
            ├── DatabaseDamaged        503
            ├── DatabaseNotMigrated    503
            ├── DatabaseTooNew         503
            ├── DatabaseReadOnly       503
            ├── DatabaseBusy           503
            └── DatabaseFull           507

Of the models package (``models.errors``), MemoryRefused is a 503 and everything else a 422, or what is unfit.

In the API a 422 is what breaks the OpenAPI document, or a text that is too long; what is well-formed and does not fit
the source, the model or the build that is there is a 409, so that a program can tell the two apart. A page says 422 of
both: a form is refused. 404: something that does not exist. 503: try again later.

The message of each is one plain sentence or two that say what was asked, what the limit is and what to do next; it is
shown to users as it is.
"""

# Named after what happened; "Error" at the end of each name would say nothing more.
# ruff: noqa: N818

import os
from collections.abc import Sequence
from dataclasses import dataclass

from app.hints import command, input_folder
from models.errors import (
    ContextMismatch,
    CorpusError,
    InputMismatch,
    InputRefused,
    MemoryRefused,
    NoRoom,
    PeriscopeModelError,
)


class PeriscopeError(Exception):
    """Base of every error that is meant for users; its text is shown as it is."""

    status = 500
    title = "Internal error"
    retry_after: int | None = None  # seconds


class SettingsError(PeriscopeError):
    """A setting has a value that cannot be used."""

    title = "Wrong setting"


class InsecureHost(SettingsError):
    """The server would be open to the network without a token."""


class InvalidRequest(PeriscopeError):
    """The request asks for something that cannot be done as it stands."""

    status = 422
    title = "Cannot be processed"


class Unfit(InvalidRequest):
    """Well-formed, but the source, the model or the build that it names cannot do it."""


class BadCursor(Unfit):
    """A page cursor that this application did not make, or made for another order."""


class Unauthorized(PeriscopeError):
    """The token is missing or wrong."""

    status = 401
    title = "Not authorised"


class NotFound(PeriscopeError):
    """What was asked for does not exist."""

    status = 404
    title = "Not found"


class UnknownSource(NotFound):
    """No source has this slug; the message lists a few that exist."""

    title = "Unknown source"

    def __init__(self, slug: str, known: Sequence[str] = ()) -> None:
        shown = ", ".join(known[:5])
        more = ", ..." if len(known) > 5 else ""
        adding = f"No source is registered yet: `{command('sources add')}`."
        hint = f"Known sources: {shown}{more}." if known else adding
        super().__init__(f"There is no source {shorten(slug)!r}. {hint}")


class UnknownLatent(NotFound):
    """A latent index outside the dictionary."""

    title = "Unknown latent"

    def __init__(self, slug: str, index: int, d_sae: int) -> None:
        super().__init__(f"{slug} has no latent {shorten(str(index))}; its latents are 0 to {d_sae - 1}.")


class UnknownBuild(NotFound):
    """No build has this number."""

    title = "Unknown build"


class Conflict(PeriscopeError):
    """The request contradicts the present state."""

    status = 409
    title = "Conflict"


class SlugTaken(Conflict):
    """Another source has this slug."""


class BuildRunning(Conflict):
    """The source is being built by a process that is alive."""


class BuildLost(Conflict):
    """The build that this process was writing is no longer its own; it must stop."""


class NotBuilt(Conflict):
    """The source exists but has no finished build."""

    title = "Not built yet"

    def __init__(self, slug: str) -> None:
        super().__init__(f"{slug} has no finished build yet; start one with `{command(f'build {slug}')}`.")


class CheckpointFailed(PeriscopeError):
    """The state of an unfinished build cannot be written or read; the disk may be full."""

    status = 507
    title = "Checkpoint failed"


class CannotServe(PeriscopeError):
    """The server cannot open the address it was given."""


class Unavailable(PeriscopeError):
    """Cannot be done now; the same request may work later."""

    status = 503
    title = "Not available now"
    retry_after: int | None = 5
    #: Whether it is over in a moment by itself, so that it is worth asking again without a word.
    passes = False


class Overloaded(Unavailable):
    """The queue is full or the memory does not suffice now."""

    title = "Too much work at once"
    passes = True


class Stuck(Unavailable):
    """Threads of the server do not come back from their work."""

    title = "Stuck"


class DatabaseError(Unavailable):
    """Something is wrong with the database."""

    title = "Database problem"


class DatabaseUnreachable(DatabaseError):
    """The database cannot be opened or connected to.

    The sentence is for who runs the server: it may name hosts, users and folders. ``PUBLIC`` is for everybody else.
    """

    PUBLIC = "The database does not answer; try again in a moment. The server's log says more."
    passes = True


class DatabaseDamaged(DatabaseError):
    """What the database holds cannot be read."""


class DatabaseNotMigrated(DatabaseError):
    """The database is empty or older than this version of the application."""


class DatabaseTooNew(DatabaseError):
    """The database was written by a later version of the application."""


class DatabaseReadOnly(DatabaseError):
    """The database cannot be written to."""


class DatabaseBusy(DatabaseError):
    """Another process held the database for longer than the wait."""

    passes = True


class DatabaseFull(DatabaseError):
    """There is no space left for the database."""

    status = 507
    retry_after = None


#: Of the models' errors, those about a text that nothing can read; every other one is unfit.
_UNREADABLE = (InputRefused, ContextMismatch, CorpusError)
_MISMATCHED = (InputMismatch, NoRoom)


@dataclass(frozen=True)
class Problem:
    """An error as HTTP sends it: RFC 9457 problem+json."""

    status: int
    title: str
    detail: str
    retry_after: int | None = None  # seconds, sent as Retry-After
    passes: bool = False  # over in a moment by itself

    def body(self) -> dict[str, str | int]:
        """The members of the problem document; type about:blank means that the title says it all."""
        return {"type": "about:blank", "title": self.title, "status": self.status, "detail": self.detail}


def problem_of(error: BaseException, *, for_program: bool = False) -> Problem:
    """The HTTP answer to an error; an error that was not foreseen becomes a 500 that tells no internals.

    ``for_program``: of the API, where what is unfit is a 409.
    """
    if isinstance(error, MemoryRefused):
        return Problem(Overloaded.status, Overloaded.title, str(error), Overloaded.retry_after, Overloaded.passes)
    if isinstance(error, PermissionError):
        return Problem(Unavailable.status, Unavailable.title, permission_sentence(error))
    if for_program and _is_unfit(error):
        return Problem(Conflict.status, "Does not fit", str(error))
    if isinstance(error, DatabaseUnreachable):
        return Problem(error.status, error.title, error.PUBLIC, error.retry_after, error.passes)
    if isinstance(error, Unavailable):
        return Problem(error.status, error.title, str(error), error.retry_after, error.passes)
    if isinstance(error, PeriscopeError):
        return Problem(error.status, error.title, str(error), error.retry_after)
    if isinstance(error, PeriscopeModelError):
        return Problem(InvalidRequest.status, InvalidRequest.title, str(error))
    return Problem(500, "Internal error", "Something went wrong in Periscope; the log says what.")


def permission_sentence(error: PermissionError) -> str:
    """A file or folder that this process may not use, as a sentence with the way out."""
    what = shorten(str(error.filename), 200) if error.filename is not None else "A file"
    who = f"user {os.getuid()}" if hasattr(os, "getuid") else "this user"
    way_out = (
        f"on the host: chmod -R a+rX {input_folder()}" if input_folder() else "change its owner or its permissions"
    )
    return f"{what} cannot be opened by {who} (permission denied); {way_out}."


def _is_unfit(error: BaseException) -> bool:
    if isinstance(error, PeriscopeModelError):
        return isinstance(error, _MISMATCHED) or not isinstance(error, _UNREADABLE)
    return isinstance(error, Unfit)


def shorten(text: str, limit: int = 80) -> str:
    """Text from outside, cut for use in a message."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def number_text(value: float, limit: int = 40) -> str:
    """A number from outside, short enough for a message; Python writes no whole number of thousands of digits."""
    if isinstance(value, int) and abs(value) >= 10**limit:
        return "a number of that many digits"
    return shorten(str(value), limit)
