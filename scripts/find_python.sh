#!/bin/sh
# Prints the newest Python on PATH that Periscope runs on, or the one that PYTHON names; else says in one sentence on
# stderr what to do, with status 1. Not in Python, since it has to work where there is none.
set -u

# Python's own word on itself: "ok MINOR", or why not. Read by any Python from 2.7 on.
PROBE='
import sys, sysconfig
def ability():
    if sys.version_info[0] != 3 or not 11 <= sys.version_info[1] <= 14:
        return "is Python %d.%d" % sys.version_info[:2]
    if sys.implementation.name != "cpython":
        return "is %s, not CPython" % sys.implementation.name
    if sys.maxsize < 2**32:
        return "is a 32-bit Python"
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "is a free-threaded Python"
    try:
        import venv
        try:
            import ensurepip
        except ImportError:
            import pip
    except ImportError:
        return "lacks the module venv or pip"
    return "ok %d" % sys.version_info[1]
print(ability())
'
NEEDED="Periscope needs Python 3.11, 3.12, 3.13 or 3.14 (64-bit CPython) with the module venv"
HELP="install one (Debian and Ubuntu: apt-get install python3 python3-venv; Fedora: dnf install python3; macOS: brew \
install python), or name another with PYTHON=/path/to/python"

ability_of() {  # what the interpreter says of itself; its own errors are no use here
    said=$("$1" -c "$PROBE" 2>/dev/null) || said=""
    printf '%s\n' "${said:-does not run}"
}

if [ -n "${PYTHON:-}" ]; then
    path=$(command -v "$PYTHON") || { echo "PYTHON=$PYTHON: there is no such program. $NEEDED." >&2; exit 1; }
    said=$(ability_of "$path")
    case "$said" in
        "ok "*) printf '%s\n' "$path"; exit 0 ;;
        *) echo "PYTHON=$PYTHON $said. $NEEDED; $HELP." >&2; exit 1 ;;
    esac
fi

best="" best_minor=0 passed_over=""
consider() {  # every folder of PATH is looked through: the first of a name may be a shim of a Python that is not there
    old_ifs=$IFS
    IFS=:
    for folder in $PATH; do
        path=${folder:-.}/$1
        { [ -f "$path" ] && [ -x "$path" ]; } || continue
        said=$(ability_of "$path")
        case "$said" in
            "ok "*) [ "${said#ok }" -le "$best_minor" ] || { best=$path; best_minor=${said#ok }; } ;;
            *) passed_over="$passed_over${passed_over:+; }$path $said" ;;
        esac
    done
    IFS=$old_ifs
}
consider python3
consider python
for minor in 14 13 12 11; do
    [ "$minor" -le "$best_minor" ] || consider "python3.$minor"
done

if [ -z "$best" ]; then
    echo "$NEEDED; $HELP.${passed_over:+ Passed over: $passed_over.}" >&2
    exit 1
fi
printf '%s\n' "$best"
