"""``periscope train``: from a model and a corpus to a source, through kills; nothing half-done where it is refused."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from safetensors.numpy import load_file

from app.main import create_app
from app.settings import Settings
from app.trainings import news as training_news
from app.trainings.folder import TrainingFolder
from models.training.run import Training
from tests.app.commands_support import Run, is_one_sentence
from tests.models.tiny import SENTENCES
from tests.web import one, soup, text_of

HERE = Path(__file__).parent
HOOK, OTHER = "blocks.1.hook_resid_post", "blocks.2.hook_mlp_out"
SMALL = (
    "--d-sae", "96", "--tokens", "3000", "--context", "32", "--step-tokens", "64", "--batch", "8", "--k", "8",
)  # fmt: skip


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corpus") / "texts.jsonl"
    rng = np.random.default_rng(0)
    words = " ".join(SENTENCES).split()
    path.write_text("".join(json.dumps({"text": " ".join(rng.choice(words, 60))}) + "\n" for _ in range(150)))
    return path


@pytest.fixture
def command(tiny_models: dict[str, Path], corpus: Path) -> list[str]:
    return ["train", str(tiny_models["gpt2"]), "--hook", HOOK, "--corpus", str(corpus), *SMALL]


def weights(folder: Path) -> dict[str, np.ndarray]:
    return load_file(folder / "sae_weights.safetensors")


def leftovers(tmp_path: Path) -> list[str]:
    """What a training left in the data folder, beside the database."""
    return sorted(
        str(path.relative_to(tmp_path / "data"))
        for name in ("trainings", "saes")
        for path in (tmp_path / "data" / name).rglob("*")
        if path.is_file()
    )


def test_one_command_trains_registers_and_tells_the_quality(run: Run, command: list[str], tmp_path: Path) -> None:
    status, out, err = run(*command)
    assert (status, err) == (0, "")
    assert "SAE: batchtopk, 96 latents, k 8" in out
    assert "needs: up to" in out
    assert "takes: about" in out
    assert "explained variance" in out
    assert "2,944 of 2,944 tokens: loss" in out
    assert "Registered tiny-gpt2-l1-resid-post-batchtopk. Next: periscope build tiny-gpt2-l1-resid" in out
    folder = tmp_path / "data/saes/tiny-gpt2-l1-resid-post-batchtopk"
    assert sorted(path.name for path in folder.iterdir()) == ["cfg.json", "sae_weights.safetensors", "training.json"]
    cfg = json.loads((folder / "cfg.json").read_text())
    assert cfg["architecture"] == "jumprelu"
    assert cfg["metadata"]["hook_name"] == HOOK
    assert cfg["metadata"]["dataset_path"] == "texts.jsonl", "no path of this machine"
    record = json.loads((folder / "training.json").read_text())
    assert 0 < record["quality"]["explained_variance"] <= 1
    assert record["quality"]["loss_recovered"] is not None
    assert record["recipe"]["tokens"] == 3000
    assert not list((tmp_path / "data/trainings").iterdir())
    assert HOOK in run("sources", "show", "tiny-gpt2-l1-resid-post-batchtopk")[1]
    # The folder is one that anybody can add.
    assert run("sources", "add", command[1], str(folder), "--slug", "again")[0] == 0


def test_several_hooks_a_slug_and_a_build_in_the_same_command(run: Run, command: list[str]) -> None:
    status, out, err = run(*command, "--hook", OTHER, "--kind", "topk", "--slug", "mine", "--build")
    assert (status, err) == (0, "")
    assert "Built mine-l1-resid-post, mine-l2-mlp-out" in out
    listed = run("sources", "list")[1]
    assert listed.count("tokens") == 2
    assert "mine-l2-mlp-out" in listed


def test_without_a_source_only_the_folder_is_there(run: Run, command: list[str], tmp_path: Path) -> None:
    status, out, _ = run(*command, "--no-add", "--out", str(tmp_path / "here"))
    assert (status, "Registered" in out) == (0, False)
    assert (tmp_path / "here/cfg.json").is_file()
    assert not (tmp_path / "data/periscope.db").exists()


def test_a_plan_says_all_numbers_and_does_nothing(run: Run, command: list[str], tmp_path: Path) -> None:
    status, out, _ = run(*command, "--plan")
    assert status == 0
    for word in ("tiny-gpt2 on cpu", "batchtopk, 96 latents, k 8", "3,000 tokens", "prompts of 32", "46 of 64", "disk"):
        assert word in out
    assert not (tmp_path / "data").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("when", "count"),
    [
        ("step", 20),
        ("save", 1),
        ("measure_quality", 0),
        ("clean_loss", 0),
    ],
)
def test_a_killed_training_resumes_to_the_same_bits(
    run: Run, command: list[str], tmp_path: Path, when: str, count: int
) -> None:
    run(*command, "--no-add", "--out", str(tmp_path / "wanted"), "--slug", "x")
    kill(tmp_path, when, count, *command)
    assert "No sources yet" in run("sources", "list")[1]
    status, out, err = run(*command, "--resume")
    assert (status, err) == (0, "")
    assert "Going on after" in out
    found = weights(tmp_path / "data/saes/tiny-gpt2-l1-resid-post-batchtopk")
    wanted = weights(tmp_path / "wanted")
    assert all((found[name] == wanted[name]).all() for name in wanted)
    assert "tiny-gpt2-l1-resid-post-batchtopk" in run("sources", "list")[1]
    assert not list((tmp_path / "data/trainings").iterdir())


@pytest.mark.slow
def test_a_training_killed_again_and_again_resumes_to_the_same_bits(
    run: Run, command: list[str], tmp_path: Path
) -> None:
    run(*command, "--no-add", "--out", str(tmp_path / "wanted"), "--slug", "x")
    kill(tmp_path, "step", 9, *command)
    for when, count in (("step", 12), ("save", 0), ("measure_quality", 0), ("register_source", 0)):
        kill(tmp_path, when, count, *command, "--resume")
    assert run(*command, "--resume")[0] == 0
    found = weights(tmp_path / "data/saes/tiny-gpt2-l1-resid-post-batchtopk")
    assert all((found[name] == value).all() for name, value in weights(tmp_path / "wanted").items())


@pytest.mark.slow
def test_a_training_killed_before_anything_was_kept_begins_anew(run: Run, command: list[str], tmp_path: Path) -> None:
    kill(tmp_path, "save", 0, *command)
    status, _, err = run(*command, "--resume")
    assert (status, is_one_sentence(err)) == (1, True)
    assert "There is no state of exactly this training" in err
    assert run(*command)[0] == 0


def kill(folder: Path, when: str, count: int, *command: str) -> None:
    """Run a training in a process of its own that kills itself."""
    done = subprocess.run(
        [sys.executable, str(HERE / "killed_training.py"), when, str(count), *command],
        cwd=folder, capture_output=True, text=True, timeout=200, check=False,
        env=os.environ | {"PYTHONPATH": str(HERE.parents[1])},
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr


def test_ctrl_c_saves_the_state(run: Run, command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    step, left = Training.step, 10

    def stopping(self: Training) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            signal.raise_signal(signal.SIGINT)
        step(self)

    monkeypatch.setattr(Training, "step", stopping)
    status, _, err = run(*command)
    assert (status, "--resume goes on from the last state" in err) == (130, True)
    status, out, _ = run(*command, "--resume")
    assert (status, "Going on after 640 tokens." in out) == (0, True)


@pytest.mark.parametrize(
    ("more", "status", "said"),
    [
        (["--hook", "blocks.1.hook_resid_pots"], 1, "near it are"),
        (["--hook", "blocks.9.hook_resid_post"], 1, "its blocks are 0 to 2"),
        (["--hook", HOOK], 2, "each once"),
        (["--k", "97"], 2, "cannot be active at once"),
        (["--kind", "sparse"], 2, "choose one of topk"),
        (["--kind", "standard"], 2, "--l1"),
        (["--d-sae", "2000000000"], 1, "GiB are available"),
        (["--d-sae", "1"], 2, "--d-sae is a number from 2"),
        (["--tokens", "9000000"], 1, "give more text, --tokens"),
        (["--tokens", "100"], 1, "fewer than two steps"),
        (["--context", "65"], 1, "exceeds the model's context of 64"),
        (["--corpus", "missing.jsonl"], 1, "There is no file missing.jsonl"),
        (["--lr", "nan"], 2, "--lr is a number"),
        (["--slug", "Not A Slug"], 1, "cannot be a slug"),
        (["--build", "--no-add"], 2, "leave out --no-add"),
        (["--resume"], 1, "no state of exactly this training"),
        (["--device", "cuda"], 1, "CUDA"),
        (["--prefix", "x" * 1001], 2, "at most 1,000"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(
    run: Run, command: list[str], tmp_path: Path, more: list[str], status: int, said: str
) -> None:
    found, _, err = run(*command, *more)
    assert found == status, err
    assert said in " ".join(err.replace("│", " ").split())
    assert status == 2 or is_one_sentence(err)
    assert leftovers(tmp_path) == []
    assert "No sources yet" in run("sources", "list")[1]


def test_a_corpus_of_latin_1_is_refused_with_its_line(run: Run, command: list[str], tmp_path: Path) -> None:
    (tmp_path / "l.txt").write_bytes("ein Wort\nzwei Füße\n".encode("latin-1") * 500)
    status, _, err = run(*command, "--corpus", str(tmp_path / "l.txt"))
    assert (status, is_one_sentence(err), "Line 2 of" in err) == (1, True, True)
    assert leftovers(tmp_path) == []


def test_nothing_is_written_over(run: Run, command: list[str], tmp_path: Path) -> None:
    assert run(*command)[0] == 0
    status, _, err = run(*command)
    assert (status, is_one_sentence(err), "a training writes over nothing" in err) == (1, True, True)
    status, _, err = run(*command, "--out", str(tmp_path / "other"))
    assert (status, "There is a source tiny-gpt2-l1-resid-post-batchtopk already" in err) == (1, True)
    assert not (tmp_path / "other").exists()


def test_a_training_that_was_finished_says_so(run: Run, command: list[str]) -> None:
    assert run(*command)[0] == 0
    status, out, err = run(*command, "--resume")
    assert (status, err) == (0, "")
    assert "This training was finished before." in out


def test_a_second_process_is_refused_while_the_first_one_trains(
    run: Run, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = []
    taken = TrainingFolder.taken
    monkeypatch.setattr(TrainingFolder, "taken", lambda self: names.append(self) or taken(self))
    step = Training.step

    def stopping(self: Training) -> None:
        signal.raise_signal(signal.SIGINT)
        step(self)

    monkeypatch.setattr(Training, "step", stopping)
    assert run(*command)[0] == 130
    monkeypatch.setattr(Training, "step", step)
    with taken(names[0]):
        status, _, err = run(*command, "--resume")
    assert (status, is_one_sentence(err), "is running already, in another process" in err) == (1, True, True)


def test_a_damaged_state_is_one_sentence(run: Run, command: list[str], tmp_path: Path) -> None:
    kill(tmp_path, "step", 20, *command)
    for path in (tmp_path / "data/trainings").rglob("trainer_state.pt"):
        path.write_bytes(b"nothing")
    status, _, err = run(*command, "--resume")
    assert (status, is_one_sentence(err)) == (1, True)
    assert "start again without --resume" in err
    assert run(*command)[0] == 0


def test_the_builds_page_shows_what_is_trained_and_what_stopped(
    run: Run, command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("db", "upgrade")
    monkeypatch.setattr(training_news, "REPORT_SECONDS", 0.0)
    settings = Settings(_env_file=None, data_dir=tmp_path / "data")
    seen: list[str] = []
    step = Training.step

    def looking(self: Training) -> None:
        if self.tokens_done == 64 * 20:
            with TestClient(create_app(settings), base_url="http://localhost") as client:
                seen.append(text_of(one(soup(client.get("/builds")), "#trainings")))
                seen.append(text_of(one(soup(client.get("/parts/builds/trainings")), "#trainings")))
            signal.raise_signal(signal.SIGINT)
        step(self)

    monkeypatch.setattr(Training, "step", looking)
    assert run(*command)[0] == 130
    for text in seen:
        for word in (
            "batchtopk, 96 latents, on blocks.1.hook_resid_post",
            "tiny-gpt2",
            "running",
            "explained variance",
        ):
            assert word in text
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        after = text_of(one(soup(client.get("/builds")), "#trainings"))
        assert "stopped" in after
        assert "--resume" in after
        news = next((tmp_path / "data/trainings").glob("*/progress.json"))
        told = json.loads(news.read_text())
        news.write_text(json.dumps(told | {"status": "running", "pid": 2**22 - 1, "said": time.time()}))
        assert "interrupted" in text_of(one(soup(client.get("/builds")), "#trainings"))
        for wrong in ("{", "[]", "{}", json.dumps(told | {"pid": "x"}), json.dumps(told | {"loss": "high"})):
            news.write_text(wrong)
            assert text_of(one(soup(client.get("/builds")), "#trainings")) == ""
