"""What a training tells while it runs: to whoever started it, and, in its folder, to the Builds page."""

import os
import socket
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import psutil

from app.trainings.folder import TrainingFolder
from app.trainings.request import Reporter, TrainProgress
from models.training.readings import Reading

#: Between two reports of a stage, in seconds.
REPORT_SECONDS = 0.5


class Newsreader:
    """Reports to ``report`` and, from :meth:`begin` on, to the folder."""

    def __init__(self, report: Reporter) -> None:
        self.report = report
        self._folder: TrainingFolder | None = None
        self._about: dict[str, Any] = {}
        self._last = TrainProgress("starting", 0.0, 0, 0)
        self._said = 0.0

    def begin(self, folder: TrainingFolder, about: Mapping[str, Any]) -> None:
        """Tell the folder as well; ``about`` is what does not change."""
        self._folder = folder
        process = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "process_started": psutil.Process().create_time(),
            "started": time.time(),
        }
        self._about = dict(about) | process
        self._write("running", "")

    def is_due(self) -> bool:
        """Whether it is time for another report."""
        return time.monotonic() - self._said >= REPORT_SECONDS

    def tell(self, stage: str, progress: float, done: int, total: int) -> None:
        """The stage and how far it is; within a stage not more often than is due."""
        if stage != self._last.stage or self.is_due():
            self._send(TrainProgress(stage, progress, done, total))

    def readings(
        self, stage: str, progress: float, done: int, total: int, rate: float, found: Mapping[str, Reading]
    ) -> None:
        """The same with the numbers of the last step; of several hooks those of the worst one."""
        values = list(found.values())
        self._send(
            TrainProgress(
                stage,
                progress,
                done,
                total,
                rate,
                loss=max(reading.loss for reading in values),
                l0=max(reading.l0 for reading in values),
                explained_variance=min(reading.explained_variance for reading in values),
                dead=max(reading.dead for reading in values),
            )
        )

    def end(self, status: str, sentence: str) -> None:
        """The last word of a training that did not finish."""
        self._write(status, sentence)

    def _send(self, progress: TrainProgress) -> None:
        self._last, self._said = progress, time.monotonic()
        self.report(progress)
        self._write("running", "")

    def _write(self, status: str, sentence: str) -> None:
        if self._folder is not None:
            news = {"status": status, "sentence": sentence, "said": time.time()}
            self._folder.tell(self._about | asdict(self._last) | news)
