"""docs/saes.md lists the layouts that are read, with the kinds that are tested."""

from pathlib import Path

from models.loading.formats.layouts import LAYOUTS
from tests.models.formats.test_published import CASES

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "saes.md"
#: Layouts with tests of their own.
OTHERS = {"SAELens": "all that SAELens runs", "temporal SAEs": "temporal"}


def test_the_table_of_layouts_is_what_is_read_and_tested(tmp_path: Path) -> None:
    kinds: dict[str, set[str]] = {}
    for n, make in enumerate(CASES.values()):
        sae = make(tmp_path / str(n))
        kinds.setdefault(sae.layout, set()).add(sae.kind)
    shown = {name: ", ".join(sorted(found)) for name, found in kinds.items()} | OTHERS
    rows = [f"| {layout.name} | {layout.shown} | {shown[layout.name]} |" for layout in LAYOUTS]
    lines = DOCUMENT.read_text().splitlines()
    start = lines.index("| layout | files | kinds |") + 2
    assert lines[start : start + len(rows)] == rows, "\n" + "\n".join(rows)
    assert not lines[start + len(rows)].startswith("|")
