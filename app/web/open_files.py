"""How many files and sockets the process may have open: enough for the connections that it takes."""

import sys

#: Connections that the system accepts before the server has looked at them.
BACKLOG = 1024
#: What else is open: the database, static files, logs.
OTHERS = 256


def room_for(connections: int) -> tuple[int, int]:
    """Raise the limit of open files as far as this process may.

    Returns for how many connections it suffices, and for how many at once that the server has not looked at yet.
    """
    if sys.platform == "win32":
        return connections, BACKLOG
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + BACKLOG + OTHERS
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return connections, BACKLOG
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if most > soft:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        except (OSError, ValueError):
            most = soft  # some systems have a further limit, which they do not name
    if most == wanted:
        return connections, BACKLOG
    share = max(most - OTHERS, most // 2) // 3
    return min(connections, 2 * share), min(BACKLOG, share)
