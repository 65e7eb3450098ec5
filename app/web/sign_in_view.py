"""The page that asks for the token."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SignInView:
    """pages/sign_in.html."""

    target: str  # the path to go to afterwards
    error: str  # one sentence; empty: nothing was tried yet
    came_from_elsewhere: bool  # a link of another site led here, so that a session may exist that was not sent
