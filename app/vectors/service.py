"""Contrast vectors: made from two lists of prompts, saved, listed, deleted, exported."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from app.db.queries.answers import SourceInfo
from app.db.queries.names import latent_names
from app.db.queries.sources import all_sources
from app.db.queries.vectors import count_vectors, some_vectors, vector_by_id
from app.db.writes import vectors as writes
from app.engine.activations import named
from app.engine.engine import ModelEngine
from app.engine.sources import Reader, key_of
from app.errors import InvalidRequest, shorten
from app.steer.terms import Resolved, resolve
from app.text.names import answer_fields
from app.vectors.schemas import NearLatent, Projections, PromotedToken, VectorAnswer, VectorRow, VectorsAnswer
from app.vectors.task import Made, VectorJob
from app.web.paging import Part

MAX_PROMPTS = 256
PLACES = ("last", "mean")
#: Sources in which the nearest latents are looked for, and latents of each.
MAX_NEAR_SOURCES = 4


@dataclass(frozen=True)
class VectorRequest:
    """Two lists of prompts. Without a name the vector is computed and not saved."""

    model: str | None
    source: str | None
    name: str | None
    positive: Sequence[str]
    negative: Sequence[str]
    hook_name: str | None
    positions: str = "last"


async def make(engine: ModelEngine, reader: Reader, request: VectorRequest) -> VectorAnswer:
    """The vector with its norm, its share of the residual norm, what it promotes and its nearest latents."""
    _check(request)
    resolved, near, job = await reader.work(_prepare, reader, request)
    made = await engine.run(job)
    return await reader.write(_finish, reader, request, resolved, near, made)


def listed(reader: Reader, part: Part) -> VectorsAnswer:
    """A part of the saved vectors, by model and name."""
    with reader.sessions() as session:
        found = some_vectors(session, part.limit, part.offset)
        return VectorsAnswer([VectorRow(**asdict(item)) for item in found], count_vectors(session))


def delete(reader: Reader, vector_id: int) -> None:
    """Delete a vector and its calibrations. Raises NotFound."""
    with reader.sessions() as session:
        writes.delete_vector(session, vector_id)


def exported(reader: Reader, vector_id: int) -> tuple[str, bytes]:
    """A file name, and the vector as safetensors: tensor ``vector``, everything else as JSON in its metadata.

    ``models.steering.vectors.load_vector`` reads it.
    """
    from safetensors.numpy import save

    with reader.sessions() as session:
        vector = vector_by_id(session, vector_id)
    share = vector.residual_share
    facts = {
        "hook_name": vector.hook_name,
        "positions": vector.positions,
        "norm": vector.norm,
        "mean_norm": vector.norm / share if share else None,
        "residual_share": share,
        "positive": [],
        "negative": [],
        "auroc": None,
        "warnings": [],
    }
    about = {"model": vector.model, "name": vector.name}
    data = save({"vector": vector.values}, metadata={"periscope": json.dumps(facts), "about": json.dumps(about)})
    return f"vector-{vector.id}.safetensors", data


def _check(request: VectorRequest) -> None:
    for name, texts in (("positive", request.positive), ("negative", request.negative)):
        if not 1 <= len(texts) <= MAX_PROMPTS:
            raise InvalidRequest(f"{name} has {len(texts)} prompts; from 1 to {MAX_PROMPTS} can be given.")
    if request.positions not in PLACES:
        raise InvalidRequest(f"positions is one of {', '.join(PLACES)}, not {shorten(request.positions, 40)!r}.")
    if request.name is not None:
        writes.clean_name(request.name, "vector")
        n_characters = sum(map(len, (*request.positive, *request.negative)))
        if n_characters > writes.MAX_PROMPT_TEXT:
            raise InvalidRequest(
                f"A vector keeps at most {writes.MAX_PROMPT_TEXT:,} characters of prompts, not {n_characters:,}; "
                "shorten them, or leave out name to compute it alone."
            )


def _prepare(reader: Reader, request: VectorRequest) -> tuple[Resolved, tuple[SourceInfo, ...], VectorJob]:
    resolved = resolve(reader, [], model=request.model, source=request.source)
    facts = resolved.model.facts.model
    hook = request.hook_name or (
        resolved.sources[0].facts.hook_name if resolved.sources else f"blocks.{facts.n_layers // 2}.hook_resid_post"
    )
    with reader.sessions() as session:
        near = tuple(
            source
            for source in all_sources(session)
            if source.language_model_id == resolved.model.language_model_id and source.facts.hook_name == hook
        )[:MAX_NEAR_SOURCES]
    job = VectorJob(
        model=resolved.location,
        sources=tuple(key_of(source) for source in near),
        positive=named(request.positive, "Positive prompt"),
        negative=named(request.negative, "Negative prompt"),
        hook_name=hook,
        positions=request.positions,
        prepend_bos=resolved.wants_bos,
        limits=reader.limits(resolved.model),
    )
    return resolved, near, job


def _finish(
    reader: Reader, request: VectorRequest, resolved: Resolved, near: Sequence[SourceInfo], made: Made
) -> VectorAnswer:
    vector = made.vector
    number, created = None, None
    with reader.sessions() as session:
        if request.name is not None:
            new = writes.NewVector(
                resolved.model.language_model_id,
                request.name,
                vector.hook_name,
                vector.positions,
                request.positive,
                request.negative,
                vector.values,
                vector.norm,
                vector.residual_share,
            )
            number = writes.save_vector(session, new)
            created = vector_by_id(session, number).created
        nearest = []
        for source in near:
            found = made.nearest.get(source.slug, ())
            names = latent_names(session, source, [item.index for item in found])
            nearest += [NearLatent(source.slug, n.index, n.cosine, **answer_fields(names[n.index])) for n in found]
    return VectorAnswer(
        id=number,
        model=resolved.model.facts.model.name,
        name=None if request.name is None else writes.clean_name(request.name, "vector"),
        hook_name=vector.hook_name,
        positions=vector.positions,
        norm=vector.norm,
        mean_norm=vector.mean_norm,
        residual_share=vector.residual_share,
        auroc=vector.auroc,
        projections=Projections(list(vector.positive), list(vector.negative)),
        promoted=_tokens(made.promoted),
        suppressed=_tokens(made.suppressed),
        nearest=sorted(nearest, key=lambda item: -item.cosine),
        warnings=list(vector.warnings),
        created=created,
    )


def _tokens(found: Sequence[tuple[str, float]] | None) -> list[PromotedToken] | None:
    return None if found is None else [PromotedToken(token, value) for token, value in found]
