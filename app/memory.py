"""How the C library keeps the memory of this process: give large pieces back, share the rest between threads."""

import contextlib
import ctypes

#: Parameters of glibc's mallopt(3): M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX.
OPTIONS = {-1: 1 << 18, -3: 1 << 18, -8: 1}


def return_freed_memory() -> None:
    """Keep a single heap, and none of the arrays that were freed; nothing where the C library is another one.

    By default each thread has its own heap and keeps what it freed: with eight threads and arrays of a million latents
    that is hundreds of megabytes that nobody uses.
    """
    with contextlib.suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        for option, value in OPTIONS.items():
            mallopt(option, value)
