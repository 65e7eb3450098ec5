"""A stranger's tokenizer.json, opened first in a process of its own.

The library that reads it is in Rust: where it did not expect to fail it writes to the terminal, or takes the process
with it. There it can.
"""

import os
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

from models.errors import TokenizerMismatch, one_line

#: Far more than the largest known tokenizer takes: seconds, and bytes of addresses.
SECONDS, MEMORY = 120, 8 << 30
_CODE = f"""
import resource, sys
from tokenizers import Tokenizer
hard = resource.getrlimit(resource.RLIMIT_AS)[1]
if hard == resource.RLIM_INFINITY or hard > {MEMORY}:
    resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, hard))
try:
    tokenizer = Tokenizer.from_file(sys.argv[1])
    tokenizer.encode("a b", add_special_tokens=False)
    print(max(tokenizer.get_vocab(with_added_tokens=True).values(), default=-1))
except BaseException as error:
    sys.exit("\\n" + " ".join(str(error).split()))
"""


def highest_id(path: Path) -> int:
    """The highest id of a tokenizer.json, -1 if it has no token.

    Raises:
        TokenizerMismatch: it cannot be read.
    """
    found = path.stat()
    return _highest_id(str(path), found.st_ino, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=32)
def _highest_id(path: str, *_version: int) -> int:
    command = [sys.executable, "-I", "-c", _CODE, path]
    try:
        done = subprocess.run(  # noqa: S603 (this Python, and a path that is an argument)
            command, capture_output=True, timeout=SECONDS, env={**os.environ, "RUST_BACKTRACE": "0"}
        )
    except subprocess.TimeoutExpired:
        raise TokenizerMismatch(
            f"{path} was not read within {SECONDS} seconds; copy it again from the model."
        ) from None
    if done.returncode == 0:
        return int(done.stdout)
    said = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"status {done.returncode}"]
    raise TokenizerMismatch(f"{path} cannot be read ({one_line(Exception(said[-1]))}); copy it again from the model.")
