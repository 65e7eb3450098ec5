"""Whatever lies in a folder or a corpus: exit 1 and one sentence about the file, soon, and nothing half-done.

What a case does to a good folder and what must be said of it is in ``tests/hostile_files``.
"""

import re
import resource
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.cli import main
from app.db.session import make_engine, make_session_maker
from app.db.tables.builds import Build, Latent, Prompt
from app.db.tables.sources import Source
from app.settings import Settings
from tests.hostile_files import corpora, models, saes
from tests.hostile_files.spoil import Case, parameters
from tests.models.tiny import save_model, save_sae

#: Seconds that a refusal may take, and bytes of addresses beyond those of the process before it.
SECONDS, MEMORY = 60, 3 << 29
KINDS = ("standard", "topk", "matching_pursuit", "temporal")
Refused = Callable[..., str]


@contextmanager
def bounded() -> Iterator[None]:
    """Within the block memory beyond the bound cannot be had, and an alarm ends what hangs."""
    size = int(re.search(r"VmSize:\s+(\d+)", Path("/proc/self/status").read_text())[1]) << 10
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, before[1]))
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        resource.setrlimit(resource.RLIMIT_AS, before)


def late(*_: object) -> None:
    raise TimeoutError(f"not refused within {SECONDS} seconds")


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Good folders of models and SAEs, and a database with one source of them, ``good``."""
    root = tmp_path_factory.mktemp("good")
    for name in ("gpt2", "llama"):
        save_model(root / name, name)
    for kind in KINDS:
        save_sae(root / kind, kind)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PERISCOPE_DATA_DIR", str(root / "data"))
        patch.chdir(root)
        for command in (
            ["db", "upgrade"],
            ["sources", "add", str(root / "gpt2"), str(root / "standard"), "--slug", "good"],
        ):
            with pytest.raises(SystemExit) as ended:
                main(command)
            assert not ended.value.code
    return root


@pytest.fixture
def refused(good: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Refused:
    """Runs a command that must fail as it should; gives its sentence."""
    monkeypatch.setenv("PERISCOPE_DATA_DIR", str(good / "data"))
    monkeypatch.chdir(tmp_path)
    signal.signal(signal.SIGALRM, late)

    def run(*arguments: str) -> str:
        capfd.readouterr()
        with bounded(), pytest.raises(SystemExit) as ended:
            main(arguments)
        said = capfd.readouterr().err
        assert ended.value.code == 1, said
        assert said.startswith("Error: "), said
        assert said.count("\n") == 1, said
        assert said.rstrip().endswith("."), said
        for word in ("Traceback", "Unexpected"):
            assert word not in said
        nothing_is_left(good)
        return said

    return run


def nothing_is_left(good: Path) -> None:
    """One source, without anything of a build but that it failed."""
    engine = make_engine(Settings(_env_file=None, data_dir=good / "data"))
    with make_session_maker(engine)() as session:
        assert session.scalars(sa.select(Source.slug)).all() == ["good"]
        assert session.scalar(sa.select(Source.current_build_id)) is None
        assert set(session.scalars(sa.select(Build.status))) <= {"failed"}
        assert session.scalar(sa.select(sa.func.count()).select_from(Prompt)) == 0
        assert session.scalar(sa.select(sa.func.count()).select_from(Latent)) == 0
    engine.dispose()


def says(case: Case, said: str) -> None:
    assert [word for word in case.says if word not in said] == [], said


def spoilt(good: Path, folder: Path, case: Case) -> Path:
    shutil.copytree(good, folder)
    case.spoil(folder)
    return folder


@pytest.mark.parametrize("case", parameters(models.gpt2_cases()))
def test_a_hostile_model_is_refused(good: Path, refused: Refused, tmp_path: Path, case: Case) -> None:
    folder = spoilt(good / "gpt2", tmp_path / "model", case)
    says(case, refused("sources", "add", str(folder), str(good / "standard")))


@pytest.mark.parametrize("case", parameters(models.llama_cases()))
def test_a_hostile_model_of_another_architecture_is_refused(
    good: Path, refused: Refused, tmp_path: Path, case: Case
) -> None:
    folder = spoilt(good / "llama", tmp_path / "model", case)
    says(case, refused("sources", "add", str(folder), str(good / "standard")))


@pytest.mark.parametrize("case", parameters(saes.standard_cases()))
def test_a_hostile_sae_is_refused(good: Path, refused: Refused, tmp_path: Path, case: Case) -> None:
    folder = spoilt(good / "standard", tmp_path / "sae", case)
    says(case, refused("sources", "add", str(good / "gpt2"), str(folder)))


@pytest.mark.parametrize(
    ("kind", "case"),
    [
        pytest.param(kind, case.values[0], id=f"{kind} {case.id}")
        for kind, cases in (
            ("topk", saes.topk_cases),
            ("matching_pursuit", saes.pursuit_cases),
            ("temporal", saes.temporal_cases),
        )
        for case in parameters(cases())
    ],
)
def test_a_hostile_sae_of_another_kind_is_refused(
    good: Path, refused: Refused, tmp_path: Path, kind: str, case: Case
) -> None:
    folder = spoilt(good / kind, tmp_path / "sae", case)
    says(case, refused("sources", "add", str(good / "gpt2"), str(folder)))


@pytest.mark.parametrize("case", parameters(corpora.cases()))
def test_a_hostile_corpus_is_refused(refused: Refused, tmp_path: Path, case: Case) -> None:
    case.spoil(tmp_path)
    (corpus,) = tmp_path.glob("corpus.*")
    says(case, refused("build", "good", "--corpus", str(corpus), "--tokens", "2000", "--batch", "4"))
