"""Run a build that kills itself with SIGKILL at a chosen point.

``killed_build.py DATA_DIR DATABASE CORPUS WHEN N [resume]``: after ``N`` batches read or scored, checkpoints written
(with half of the next one on disk), or calls of a function of ``app.builds.run``.
"""

import os
import signal
import sys
from pathlib import Path

import numpy as np

from app.builds import run as builds
from app.builds.request import BuildRequest
from app.settings import Settings
from models.building import output_score
from models.building.build_pass import BuildPass

data_dir, database, corpus, when, count, *more = sys.argv[1:]
left = int(count)


def killing(function):
    def wrapped(*args, **kwargs):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **kwargs)

    return wrapped


def half_written(file, **arrays):
    global left
    left -= 1
    savez(file, **arrays)
    if left < 0:
        os.truncate(file, os.path.getsize(file) // 2)
        os.kill(os.getpid(), signal.SIGKILL)


savez = np.savez
builds.CHECKPOINT_SECONDS = 0.0
output_score.ROWS = 16
if when == "batch":
    BuildPass._step = killing(BuildPass._step)
elif when == "score":
    output_score.OutputScorer.score = killing(output_score.OutputScorer.score)
elif when == "save":
    np.savez = half_written
else:
    setattr(builds, when, killing(getattr(builds, when)))
settings = Settings(_env_file=None, data_dir=Path(data_dir), database_url=database)
request = BuildRequest(("a", "b"), corpus, tokens=4000, batch=4, seed=5, labels=("kind",), resume=more == ["resume"])
builds.run_build(settings, request)
