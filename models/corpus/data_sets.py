"""Data sets of Hugging Face's package datasets: streamed from the hub, or a folder that save_to_disk wrote."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from models.corpus.files import MAX_LINE, document_of
from models.corpus.labels import Document, require_columns
from models.corpus.repairs import Repairs
from models.errors import CorpusError, one_line
from models.loading.files import kind_of

_STATE, _SPLITS = "state.json", "dataset_dict.json"


def read_hub(name: str, labels: Sequence[str] = (), repairs: Repairs | None = None) -> Iterator[Document]:
    """A Hugging Face data set, streamed: ``owner/name``, ``owner/name:config`` or ``...:config:split``."""
    import datasets

    parts = [*name.split(":"), "", ""][:3]
    repairs = repairs or Repairs(name, "text")
    repairs.begin()
    try:
        rows: Any = datasets.load_dataset(parts[0], parts[1] or None, split=parts[2] or "train", streaming=True)
        yield from _documents(rows, name, labels, repairs)
    except CorpusError:
        raise
    except Exception as error:
        # The library raises dozens of types for what is one thing to the user: the data set did not come.
        first = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise CorpusError(
            f"The corpus {name} is neither a file here nor a data set that can be read from the hub ({first})."
        ) from None


def is_saved_data_set(path: Path) -> bool:
    """Whether there is a folder as save_to_disk writes it."""
    return kind_of(path) == "a folder" and any(kind_of(path / name) == "a file" for name in (_STATE, _SPLITS))


def read_saved(path: Path, labels: Sequence[str], repairs: Repairs) -> Iterator[Document]:
    """The rows of a saved data set; of one with several splits, those of ``train``."""
    import datasets

    repairs.begin()
    try:
        found: Any = datasets.load_from_disk(str(path))
        if isinstance(found, datasets.DatasetDict):
            if "train" not in found and len(found) != 1:
                raise CorpusError(
                    f"{path} has the parts {', '.join(list(found)[:8])}, none of them train; give the folder of one."
                )
            found = found["train"] if "train" in found else next(iter(found.values()))
        yield from _documents(found, str(path), labels, repairs)
    except CorpusError:
        raise
    except Exception as error:
        raise CorpusError(
            f"{path} is not a readable data set of the package datasets ({one_line(error)}); save it again."
        ) from None


def _documents(
    rows: Iterable[dict[str, Any]], name: str, labels: Sequence[str], repairs: Repairs
) -> Iterator[Document]:
    for number, row in enumerate(rows, 1):
        require_columns(labels, list(row), f"the data set {name}")
        if "text" in row and row["text"] in (None, ""):
            repairs.skip(number)
            continue
        document = document_of(row, number, repairs)
        if document is None:
            raise CorpusError(
                f'Row {number:,} of the data set {name} has no text under "text", no chat under "messages" and no '
                'token ids under "input_ids"; export it to .jsonl.'
            )
        if len(document.text) > MAX_LINE:
            raise CorpusError(
                f"Text {number:,} of the data set {name} is longer than {MAX_LINE >> 20} MiB; export the data set "
                "to .jsonl with shorter ones."
            )
        yield document
