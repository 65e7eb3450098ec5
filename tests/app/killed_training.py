"""Run a training that kills itself with SIGKILL at a chosen point.

``killed_training.py WHEN N COMMAND...``: after ``N`` steps, states written (with half of the next one on disk), or
calls of a function of ``app.trainings.outcome``.
"""

import os
import signal
import sys

from app.cli import main
from app.trainings import outcome as training_outcome
from app.trainings import run as trainings
from models.training.run import Training

when, count, *command = sys.argv[1:]
left = int(count)


def killing(function):
    def wrapped(*args, **kwargs):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **kwargs)

    return wrapped


def half_written(self, folder):
    global left
    left -= 1
    save(self, folder)
    if left < 0:
        file = folder / "0" / "tensors.safetensors"
        os.truncate(file, os.path.getsize(file) // 2)
        os.kill(os.getpid(), signal.SIGKILL)


save = Training.save
trainings.STATE_SECONDS = 0.0
if when == "step":
    Training.step = killing(Training.step)
elif when == "save":
    Training.save = half_written
else:
    setattr(training_outcome, when, killing(getattr(training_outcome, when)))
main(command)
