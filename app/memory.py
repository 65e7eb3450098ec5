"""How this process keeps its memory: the C library gives large pieces back, and the collector looks less often."""

import contextlib
import ctypes
import gc

#: Parameters of glibc's mallopt(3): M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX.
OPTIONS = {-1: 1 << 21, -3: 1 << 20, -8: 1}


def return_freed_memory() -> None:
    """Keep a single heap, and no more than two megabytes that were freed; nothing where the C library is another one.

    By default each thread has its own heap and keeps what it freed: with eight threads and arrays of a million latents
    that is hundreds of megabytes that nobody uses. Arrays of more than a megabyte are the system's again as soon as
    they are freed. Smaller ones stay in the heap: a mask of a million latents that the system must give anew for every
    filter, page by page, is slower than the filter.
    """
    with contextlib.suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        for option, value in OPTIONS.items():
            mallopt(option, value)


def trim_heap() -> None:
    """Give back what was freed in the middle of the heap, after something large was made; some milliseconds."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def spare_the_collector() -> None:
    """Leave everything made so far out of garbage collection, and look for cycles after 20,000 new objects, not 700.

    A page makes thousands of small objects and hardly a cycle; going through all modules again and again for that takes
    a twentieth of its time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
