"""The only place that runs models for requests: queue, batching, cancellation, memory budget. No torch at import.

How it works
    One thread per loaded model (``worker.Worker``) owns the weights: hooks are global to a model, so two runs at once
    would contaminate each other. Requests become *jobs*; a job waits in the model's bounded queue with its position
    known, is batched with waiting jobs of the same key, and its answer goes back to the event loop, which never blocks.
    Models load at the first request and leave when the memory is needed (least recently used first) or when asked to.

    A job works in steps of at most half a second (``models.running.pace``). After each step the worker looks whose
    turn it is (``fairness``), so that short work comes in between, and no client waits for all of another's.

How a new kind of work is added (steering, calibration, ...)
    Derive a frozen dataclass from ``TextJob`` (``app.engine.texts``) and one of the three below in a room's
    ``task.py``; give it ``model`` (the model's location), ``sources`` (the dictionaries it needs, loaded before it
    runs), ``texts()`` and ``words()`` (all that is tokenised) and ``cost()``, an upper estimate in bytes;
    ``is_brief`` if it is over after a
    few steps. Import torch and ``models.*`` inside its methods only: they run in the worker's thread. Add it to
    ``tests/app/test_steps.py``, which holds every kind to its steps and its texts to their limits.

    * ``SoloJob``: implement ``steps(loaded)``, a generator that works one step per ``yield`` (of an event or of
      ``None``) and returns the result.
    * ``RowsJob``: rows of passes that waiting jobs of the kind share: ``prepare``, ``pace``, ``read``.
    * ``Job``: implement ``run(loaded, batch)``, a generator. Between two steps the worker marks who has left, gives
      back their memory and lets other waiting work run, so nothing may hold a hook, the model's lock or an ``edited``
      block across a ``yield``. Per step: look at ``batch.alive()`` (leave out the tickets that are gone), send what is
      new with ``ticket.emit(event)``, and end each ticket with ``ticket.finish(result)`` or ``ticket.fail(error)``.
      With ``joins = True`` jobs of the same key that come later are handed over by ``batch.arrivals()``; the generator
      must then call it in every step and take them on as further rows.

    In a service: ``await engine.run(job)`` for one answer, ``async for event in engine.stream(job)`` for events as they
    come; the last item is the ``Finished`` with the result. Cancelling the task that waits cancels the job.
"""
