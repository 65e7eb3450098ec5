"""The endpoint that clients of OpenAI's API speak to: ``/v1/models``, ``/v1/chat/completions``, ``/v1/completions``.

A model with a source is a model of the endpoint, and a mix is the model ``NAME:mix``. Texts are written by the engine
as those of ``POST /api/v1/steer`` are, under the same limits; what is asked for and cannot be done is refused.
"""
