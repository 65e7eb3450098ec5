"""Commands as they have to be typed where this process runs, for hints in messages and on pages.

In the containers of docker-compose.yml there is no shell to type in: the same is said from outside, through compose.
Read when a hint is made, so that it imports and costs nothing.
"""

import os

from app.places import is_checkout

#: Set by docker-compose.yml in its containers, and by the Dockerfile in the image.
IN_COMPOSE, IN_CONTAINER = "IN_COMPOSE", "IN_CONTAINER"
COMPOSE = "docker-compose"
#: Commands that are services there; so is build, which takes arguments.
_SERVICES = {"serve": "up -d web", "demo": "up -d demo"}


def command(words: str) -> str:
    """``periscope WORDS`` as it is typed here, for example ``docker-compose run --rm cli WORDS``."""
    if os.environ.get(IN_COMPOSE):
        service = _SERVICES.get(words.partition(" ")[0])
        if service:
            return f"{COMPOSE} {service}"
        return f"{COMPOSE} run --rm {words}" if words.startswith("build ") else f"{COMPOSE} run --rm cli {words}"
    if os.environ.get(IN_CONTAINER):
        return f"docker exec CONTAINER periscope {words}"
    return f"periscope {words}"


def install_again() -> str:
    """What mends an installation that lacks something."""
    if os.environ.get(IN_COMPOSE):
        return f"{COMPOSE} build"
    if os.environ.get(IN_CONTAINER):
        return "build the image again"
    return "make install" if is_checkout() else "install Periscope again"


def input_folder() -> str:
    """Where the reader's own files come from, in containers that are given them by docker-compose.yml; else empty."""
    return "INPUT_DIR" if os.environ.get(IN_COMPOSE) else ""


def example_file(name: str) -> str:
    """A file of the reader's as a command names it here: in containers, where INPUT_DIR is mounted."""
    return f"/input/{name}" if os.environ.get(IN_COMPOSE) else name
