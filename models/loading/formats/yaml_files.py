"""The YAML files that lie beside some SAEs, read with a limit and without building anything but plain values."""

import os
from pathlib import Path
from typing import Any

from models.errors import WeightsInvalid, one_line
from models.loading.files import open_file
from models.loading.formats.tensor_files import AGAIN

#: Bytes; the configurations of training runs have some ten thousand.
MAX_YAML = 1 << 20


def read_yaml(path: Path) -> dict[str, Any]:
    """The object in a YAML file; WeightsInvalid if there is none."""
    import yaml

    with open_file(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > MAX_YAML:
            raise WeightsInvalid(f"{path} has {size:,} bytes, and no configuration needs more than {MAX_YAML:,}.")
        try:
            value = yaml.safe_load(file.read(MAX_YAML))
        except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
            raise WeightsInvalid(f"{path} is not valid YAML ({one_line(error, 120)}); {AGAIN}.") from None
    if not isinstance(value, dict):
        raise WeightsInvalid(f"{path} should hold names with values, not a {type(value).__name__}; {AGAIN}.")
    return {str(name): item for name, item in value.items()}
