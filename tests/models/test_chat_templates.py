"""Chat templates: rendered as transformers renders them, and stopped where they take too much."""

import gc
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.demo import bundle
from models.errors import ContextMismatch, InputRefused, PeriscopeModelError, Unsupported
from models.loading.opening import load_language_model
from models.running import template_process
from models.running.chat import chat_prompt, chat_steps
from models.running.chat_spans import Message
from models.running.language_model import LanguageModel
from models.running.template_process import TemplateProcess
from tests.models.chat_templates import HOSTILE, SHAPES
from tests.models.tiny import CHAT_TEMPLATE

SHAPES = SHAPES | {"the bundled demo": bundle.CHAT_TEMPLATE, "the tiny model": CHAT_TEMPLATE}
TURNS = [
    {"role": "user", "content": "  where is the café?\n"},
    {"role": "assistant", "content": "<think>hm\n</think>\n\nby the sea {{ 7 * 7 }} <b>"},
    {"role": "user", "content": "日本語 \U0001f984\ttabs and \\n"},
]
SYSTEM = {"role": "system", "content": "be kind "}
CHATS = {
    "one turn": TURNS[:1],
    "three turns": TURNS,
    "an answer last": TURNS[:2],
    "with a system turn": [SYSTEM, *TURNS],
    "a system turn alone": [SYSTEM],
    "turns that do not alternate": [TURNS[0], TURNS[0]],
}
#: Tokens.
LIMIT = 1000
#: Jinja works constants out, and nested blocks, when it reads a template: these do not get as far as a chat.
NOT_EVEN_READ = (
    "a power", "a list shown", "a huge join", "a deep indent", "a slow filter", "deep brackets", "deep blocks",
    "many signs",
)  # fmt: skip


@pytest.fixture(scope="module")
def llama(tiny_models: dict[str, Path]) -> LanguageModel:
    return load_language_model(str(tiny_models["llama"]), "cpu")


@pytest.fixture
def process() -> Iterator[Any]:
    made: list[TemplateProcess] = []

    def make(template: str, constants: dict[str, str] | None = None) -> TemplateProcess:
        made.append(TemplateProcess(template, constants or {}, "a model"))
        return made[-1]

    yield make
    for one in made:
        one.close()


def by_transformers(model: LanguageModel, turns: list[dict[str, str]], more: bool) -> str | None:
    try:
        text: str = model.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=more)
    except Exception:  # whatever a template raises
        return None
    return text


@pytest.mark.parametrize("shape", SHAPES)
def test_a_chat_is_rendered_as_transformers_renders_it(
    llama: LanguageModel, monkeypatch: pytest.MonkeyPatch, shape: str
) -> None:
    monkeypatch.setattr(llama.tokenizer, "chat_template", SHAPES[shape])
    template = llama.chat_template
    assert template is not None
    rendered = 0
    for turns in CHATS.values():
        for more in (False, True):
            wanted = by_transformers(llama, turns, more)
            if wanted is None:
                with pytest.raises(InputRefused, match="refuses this chat"):
                    template.render(turns, more, LIMIT)
                continue
            found = template.render(turns, more, LIMIT)
            assert found.text == wanted
            for n, end in enumerate(found.ends, 1):
                part = by_transformers(llama, turns[:n], False)
                if part and wanted.startswith(part):
                    assert end == len(part)
                elif end is not None:  # what stands behind the turn's words there and in the whole
                    words = turns[n - 1]["content"].strip()
                    assert words in wanted[:end]
                    assert words + wanted[:end].rpartition(words)[2] in (part or "")
            rendered += 1
    assert rendered >= 4


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    contents=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), min_size=1, max_size=4),
    shape=st.sampled_from([name for name in SHAPES if name != "gemma"]),
)
def test_any_words_come_out_as_with_transformers(llama: LanguageModel, contents: list[str], shape: str) -> None:
    roles = ("user", "assistant") * 2
    turns = [{"role": role, "content": content} for role, content in zip(roles, contents, strict=False)]
    before = llama.tokenizer.chat_template
    llama.tokenizer.chat_template = SHAPES[shape]
    try:
        assert llama.chat_template is not None
        assert llama.chat_template.render(turns, True, LIMIT).text == by_transformers(llama, turns, True)
    finally:
        llama.tokenizer.chat_template = before


@pytest.mark.parametrize("case", HOSTILE)
def test_a_template_that_takes_too_much_is_stopped_and_the_next_chat_is_answered(
    process: Any, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    hostile = f"{{% if messages[0].content == 'go' %}}{HOSTILE[case]}{{% endif %}}fine"
    template = process(hostile)
    mine = psutil.Process()
    before = mine.memory_info().rss
    began = time.monotonic()
    try:
        said = template.render([{"role": "user", "content": "go"}], False, LIMIT).text
    except PeriscopeModelError as error:
        said = str(error)
    # What the sandbox hides, a template takes for nothing.
    assert said == "fine" or (said.startswith("The chat template of a model ") and said.endswith("."))
    assert time.monotonic() - began < 2 * template_process.PATIENCE
    assert mine.memory_info().rss - before < 64 << 20
    if case not in NOT_EVEN_READ:
        assert template.render([{"role": "user", "content": "again"}], False, LIMIT).text == "fine"


def test_what_was_stopped_is_said_with_the_limits_and_a_way_out(process: Any) -> None:
    with pytest.raises(InputRefused) as error:
        process(HOSTILE["nested loops"]).render(TURNS, False, LIMIT)
    assert str(error.value) == (
        "The chat template of a model took more than 0.4 s or 256 MiB for this chat and was stopped. Send a plain text "
        "instead, or correct chat_template in the model's folder."
    )
    with pytest.raises(
        InputRefused, match="writes more than 1,280 characters for this chat, which cannot be within 10"
    ):
        process("{{ 'x' * 1281 }}").render(TURNS, False, 10)
    with pytest.raises(Unsupported, match="has 1,000,001 characters; at most 1,000,000 are read"):
        process("x" * 1_000_001).render(TURNS, False, LIMIT)
    with pytest.raises(InputRefused, match=r"refuses this chat: no\. No"):
        process("{{ raise_exception('no. No' * 10000) }}").render(TURNS, False, LIMIT)


def test_the_process_is_kept_and_knows_no_secrets(process: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERISCOPE_AUTH_TOKEN", "a secret token")
    template = process("{{ messages[0].content }}{{ bos_token }}", {"bos_token": "<s>"})
    assert template._process is None  # nothing before the first chat
    for n in range(20):
        assert template.render([{"role": "user", "content": str(n)}], False, LIMIT).text == f"{n}<s>"
    first = template._process
    for _ in range(3):
        template.render(TURNS, False, LIMIT)
    assert template._process is first
    started = psutil.Process(first.pid)
    assert "PERISCOPE_AUTH_TOKEN" not in started.environ()
    assert not any("torch" in str(file.path) for file in started.memory_maps())


def test_a_process_that_was_killed_or_hangs_is_replaced(process: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template_process, "PATIENCE", 1.0)
    template = process("{{ messages[0].content }}")
    chat = [{"role": "user", "content": "hello"}]
    template.render(chat, False, LIMIT)
    os.kill(template._process.pid, signal.SIGKILL)
    template._process.wait(10)
    assert template.render(chat, False, LIMIT).text == "hello"
    stopped = template._process
    os.kill(stopped.pid, signal.SIGSTOP)
    with pytest.raises(InputRefused, match="was stopped"):
        template.render(chat, False, LIMIT)
    assert stopped.poll() is not None
    monkeypatch.setattr(template_process, "PATIENCE", 10.0)
    assert template.render(chat, False, LIMIT).text == "hello"


def test_the_process_ends_with_its_model(process: Any) -> None:
    template = TemplateProcess("x", {}, "a model")
    template.render(TURNS, False, LIMIT)
    started = template._process
    assert started is not None
    del template
    gc.collect()
    assert started.poll() is not None


def test_chats_of_several_threads_get_their_own_answers(process: Any) -> None:
    template = process("{{ messages[0].content }}")
    wrong: list[str] = []

    def ask(name: str) -> None:
        for n in range(30):
            content = f"{name} {n}"
            if template.render([{"role": "user", "content": content}], False, LIMIT).text != content:
                wrong.append(content)

    threads = [threading.Thread(target=ask, args=(str(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_who_no_longer_waits_for_a_chat_leaves_no_answer_behind(process: Any) -> None:
    template = process(
        "{% if messages[0].content == 'go' %}" + HOSTILE["nested loops"] + "{% endif %}{{ messages[0].content }}"
    )
    waiting = template.steps([{"role": "user", "content": "go"}], False, LIMIT)
    next(waiting)  # it yields while the template works
    waiting.close()
    assert template.render([{"role": "user", "content": "next"}], False, LIMIT).text == "next"


def test_the_engine_goes_on_while_a_template_works(llama: LanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llama.tokenizer, "chat_template", HOSTILE["nested loops"])
    steps = chat_steps(llama, [Message("user", "hi")], prepend_bos=True, limit=64)
    n = 0
    with pytest.raises(InputRefused, match="was stopped"):  # noqa: PT012
        for _ in steps:
            n += 1
    assert n >= 4  # before it, and one every tenth of a second


def test_templates_by_name_are_those_of_transformers(llama: LanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llama.tokenizer, "chat_template", {"default": "{{ messages[0].content }}!", "tool_use": "no"})
    assert "".join(chat_prompt(llama, [Message("user", "hi")], prepend_bos=False, limit=64).texts) == "hi!"
    monkeypatch.setattr(llama.tokenizer, "chat_template", {"rag": "x", "tool_use": "no"})
    with pytest.raises(Unsupported, match="tiny-llama has no default chat template"):
        chat_prompt(llama, [Message("user", "hi")], prepend_bos=False, limit=64)


def test_what_a_template_writes_is_held_to_the_limits_of_a_text(
    llama: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(llama.tokenizer, "chat_template", "{{ '\\ud83d' }}")
    with pytest.raises(InputRefused, match="tiny-llama writes half a surrogate pair"):
        chat_prompt(llama, [Message("user", "hi")], prepend_bos=False, limit=64)
    monkeypatch.setattr(llama.tokenizer, "chat_template", "{{ 'word ' * 100 }}")
    with pytest.raises(ContextMismatch, match=r"The chat has \d+ tokens; at most 64 are read"):
        chat_prompt(llama, [Message("user", "hi")], prepend_bos=False, limit=64)
