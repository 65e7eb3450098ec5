"""Labels of a source into a file and out of one, whatever kind it is."""

from pathlib import Path

from sqlalchemy.orm import Session

from app.db.queries.answers import SourceInfo
from app.db.writes.explanations import import_explanations
from app.errors import InvalidRequest
from app.labels.files import delphi, lines, neuronpedia
from app.labels.files.reading import NAMED, ReadLabels
from app.text.formats import count


def export_labels(session: Session, source: SourceInfo, path: Path) -> int:
    """Write all labels of the source as lines of JSON; gives how many. The file is there only when it is whole."""
    waiting = path.with_name(f"{path.name}.part")
    n = 0
    try:
        with waiting.open("w", encoding="utf-8") as file:
            for line in lines.exported_lines(session, source):
                file.write(line)
                n += 1
        waiting.replace(path)
    except OSError as error:
        raise InvalidRequest(f"{path} cannot be written ({error.strerror or error}).") from error
    finally:
        waiting.unlink(missing_ok=True)
    return n


def read_labels(path: Path, source: SourceInfo, *, hook: str | None = None, any_model: bool = False) -> ReadLabels:
    """Read a file of lines, a batch or a folder of Neuronpedia's, or a run of delphi's.

    Raises InvalidRequest for what is none of them.
    """
    if path.is_dir():
        if delphi.is_delphi(path):
            return delphi.read_folder(path, source, hook)
        if batches := neuronpedia.batches_in(path):
            return neuronpedia.read_batches(batches, source, any_model=any_model)
        raise InvalidRequest(
            f"{path} is neither a run of delphi (explanations/HOOK_latentN.txt) nor an export of Neuronpedia's "
            "(explanations/batch-N.jsonl.gz)."
        )
    if not path.is_file():
        raise InvalidRequest(f"There is no file or folder {path}.")
    if neuronpedia.BATCH.fullmatch(path.name):
        return neuronpedia.read_batches([path], source, any_model=any_model)
    return lines.read_lines(path, source)


def import_labels(session: Session, source: SourceInfo, found: ReadLabels, *, skip_broken: bool = False) -> None:
    """Store what was read, all at once.

    Raises InvalidRequest if there is nothing, or if some of it is broken, unless that is skipped; nothing is stored.
    """
    if found.broken and not skip_broken:
        n, total = len(found.broken), len(found.broken) + len(found.labels)
        named = "; ".join(map(str, found.broken[:NAMED]))
        more = f"; and {count(n - NAMED)} more" if n > NAMED else ""
        raise InvalidRequest(
            f"{count(n)} of {count(total)} labels cannot be read, so none was imported: {named}{more}. Mend them, or "
            "say --skip-broken to import the others."
        )
    if not found.labels:
        raise InvalidRequest("There is no label to import.")
    import_explanations(session, source, found.labels)
