"""The trainings that go on, and those that stopped half-way, from what each tells in its folder."""

import time
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from app.db.writes.builds import Process
from app.text.formats import count, short_count, span
from app.text.tokens import plain
from app.trainings.folder import PLACE, PROGRESS
from app.trainings.request import TRAINING, TrainProgress
from app.trainings.views import LiveTraining, Trainings
from models.errors import WeightsInvalid
from models.loading.files import kind_of, read_json

#: Folders that are looked into, and bytes of what each tells.
MOST, MAX_NEWS = 20, 1 << 16
#: One that has not told anything for longer is shown as silent, in seconds; loading a model takes a while.
SILENT_AFTER = 120.0


def trainings(data_dir: Path) -> Trainings:
    """Those that run first, then the newest."""
    found = [news for path in sorted((data_dir / PLACE).glob("*"))[:MOST] if (news := _news(path)) is not None]
    found.sort(key=lambda news: (news["status"] != "running", -float(news["said"])))
    shown = tuple(map(_shown, found))
    return Trainings(shown, is_running=any(one.status_class == "running" for one in shown))


def _news(folder: Path) -> dict[str, Any] | None:
    """What a training tells; None for what is no such thing."""
    path = folder / PROGRESS
    if kind_of(path) != "a file":
        return None
    try:
        news = read_json(path, MAX_NEWS)
        float(news["said"]), float(news["process_started"]), int(news["pid"])
        _progress(news).figures()
    except (WeightsInvalid, KeyError, TypeError, ValueError):
        return None
    return news


def _progress(news: Mapping[str, Any]) -> TrainProgress:
    return TrainProgress(**{field.name: news[field.name] for field in fields(TrainProgress)})


def _shown(news: Mapping[str, Any]) -> LiveTraining:
    progress = _progress(news)
    status, silence = str(news["status"]), max(0.0, time.time() - float(news["said"]))
    process = Process(int(news["pid"]), str(news["host"]), float(news["process_started"]))
    is_dead = status == "running" and process.is_gone()
    is_running = status == "running" and not is_dead
    speed = progress.tokens_per_second if is_running and progress.stage == TRAINING else None
    rest = progress.tokens - progress.tokens_done
    said = "Its process ended without a word; the same command with --resume goes on from its last state."
    return LiveTraining(
        name=plain(f"{news['kind']}, {news['d_sae']} latents, on {', '.join(map(str, news['hooks']))}"),
        model=plain(str(news["model"])),
        corpus=plain(str(news["corpus"])),
        status="interrupted" if is_dead else status,
        status_class="running" if is_running else "failed" if is_dead or status == "failed" else "stopped",
        stage=plain(progress.stage) if is_running else "",
        percent=round(100.0 * progress.progress, 1),
        tokens_done=short_count(progress.tokens_done),
        tokens=short_count(progress.tokens),
        speed=f"{count(round(speed))} tokens/s" if speed else "",
        left=f"about {span(rest / speed)} left" if speed and rest > 0 else "",
        figures=progress.figures(),
        silence=span(silence) if is_running and silence > SILENT_AFTER else "",
        sentence=said if is_dead else plain(str(news["sentence"])),
    )
