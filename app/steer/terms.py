"""From the sliders of a request to terms on a board: sources, vectors and maxima, or why there are none."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.db.queries.answers import LatentName, SourceInfo
from app.db.queries.names import latent_names
from app.db.queries.numbers import latent_numbers
from app.db.queries.sources import all_sources
from app.db.queries.vectors import VectorInfo, vector_by_id
from app.engine.source_key import SourceKey
from app.engine.sources import Reader, key_of
from app.errors import InvalidRequest, Unfit, UnknownLatent, shorten
from app.hints import command
from models.steering.terms import MAX_TERMS, MODES, Board, LatentSubject, SteerTerm, VectorSubject, check_board

#: Modes whose strength is a multiple of the latent's maximum.
IN_MAXIMA = ("add", "clamp")


@dataclass(frozen=True)
class TermRequest:
    """A slider as it is asked for: a latent of a source, or a saved vector by its number."""

    mode: str
    strength: float = 1.0
    source: str | None = None
    index: int | None = None
    vector: int | None = None
    everywhere: bool = False


@dataclass(frozen=True)
class TermName:
    """What a term is called: a vector by its own name, a latent as everywhere."""

    label: str | None
    label_status: str | None = None
    summary: str | None = None

    @classmethod
    def of(cls, name: LatentName) -> "TermName":
        """The name of a latent."""
        return cls(name.label, name.label_status, name.summary)


@dataclass(frozen=True, eq=False)
class Resolved:
    """What a request names, all of one model. ``sources``: those that were named, each once.

    ``model`` is any source of the model: it has the model's facts. ``names`` run along ``terms``; a vector has its own.
    """

    model: SourceInfo
    sources: tuple[SourceInfo, ...]
    asked: tuple[TermRequest, ...]
    terms: tuple[SteerTerm, ...]
    names: tuple[TermName, ...]
    wants_bos: bool

    @property
    def location(self) -> str:
        """The model as the engine knows it."""
        return self.model.facts.model.location

    @property
    def keys(self) -> tuple[SourceKey, ...]:
        """The dictionaries that the terms need."""
        needed = {term.subject.source for term in self.terms if isinstance(term.subject, LatentSubject)}
        return tuple(key_of(source) for source in self.sources if source.slug in needed)

    def board(self, positions: str, steer_bos: bool = False) -> Board:
        """The terms on a board. Raises SteeringError or Unsupported for one that no model can do."""
        board = Board(self.terms, positions, steer_bos)
        check_board(board)
        return board


def resolve(
    reader: Reader, terms: Sequence[TermRequest], *, model: str | None = None, source: str | None = None
) -> Resolved:
    """Find everything that is named.

    A latent without a source of its own is of ``source``. The model is that of the sources and vectors; ``model`` or
    ``source`` says it where there is no term.

    Raises:
        UnknownSource, UnknownLatent, NotFound: something that does not exist.
        InvalidRequest: nothing or too much is named.
        Unfit: several models, or a strength without a unit.
    """
    if len(terms) > MAX_TERMS:
        raise InvalidRequest(f"{len(terms)} terms were given, and a board holds {MAX_TERMS}; remove some.")
    terms = [_complete(term, source, number) for number, term in enumerate(terms)]
    slugs = [slug for slug in (source, *(term.source for term in terms)) if slug is not None]
    sources = reader.find(slugs) if slugs else ()
    with reader.sessions() as session:
        vectors = {term.vector: vector_by_id(session, term.vector) for term in terms if term.vector is not None}
        everything = all_sources(session)
        whose = _model_of(everything, sources, list(vectors.values()), model)
        found = _terms(session, {s.slug: s for s in sources}, vectors, terms)
        names = _names(session, {s.slug: s for s in sources}, vectors, terms)
    siblings = [s for s in everything if s.language_model_id == whose.language_model_id]
    wants_bos = any(s.facts.prepend_bos for s in sources or siblings)
    return Resolved(whose, sources, tuple(terms), found, names, wants_bos)


def _complete(term: TermRequest, source: str | None, number: int) -> TermRequest:
    if (term.index is None) == (term.vector is None):
        raise InvalidRequest(f"terms[{number}] needs either index (of a latent) or vector (its number).")
    if term.mode not in MODES:
        raise InvalidRequest(f"Mode {shorten(term.mode, 40)!r} is not known; use one of {', '.join(MODES)}.")
    if term.vector is not None:
        if term.source is not None:
            raise InvalidRequest(f"terms[{number}] is a vector, which belongs to a model and not to a source.")
        return term
    slug = term.source if term.source is not None else source
    if slug is None:
        raise InvalidRequest(f"terms[{number}] needs the source of latent {shorten(str(term.index))}.")
    return TermRequest(term.mode, term.strength, slug, term.index, None, term.everywhere)


def _model_of(
    everything: Sequence[SourceInfo], sources: Sequence[SourceInfo], vectors: Sequence[VectorInfo], name: str | None
) -> SourceInfo:
    """A source of the one model that everything belongs to."""
    names = {s.language_model_id: s.facts.model.name for s in everything}
    wanted = {s.language_model_id: f"source {s.slug}" for s in reversed(sources)}
    wanted |= {v.language_model_id: f"vector {v.name!r}" for v in vectors if v.language_model_id not in wanted}
    if name is not None:
        same = {s.language_model_id for s in everything if name in (s.facts.model.name, s.facts.model.location)}
        if not same:
            known = ", ".join(sorted(set(names.values()))) or "none"
            raise Unfit(f"There is no model {shorten(name)!r} with a source; known models: {known}.")
        if not wanted and len(same) > 1:
            raise Unfit(f"Several models are called {shorten(name)!r}; name a source instead.")
        if wanted and not same & wanted.keys():
            first = next(iter(wanted))
            raise Unfit(
                f"{wanted[first][0].upper()}{wanted[first][1:]} belongs to {names.get(first, 'another model')}, not to "
                f"{shorten(name)}."
            )
        wanted = wanted or {next(iter(same)): "model"}
    if not wanted:
        raise InvalidRequest("Name a model or a source, or give at least one term.")
    if len(wanted) > 1:
        said = [f"{what} belongs to {names.get(key, 'another model')}" for key, what in wanted.items()]
        raise Unfit(f"One model is steered at a time, and {said[0]} and {said[1]}.")
    (key,) = wanted
    found = next((s for s in everything if s.language_model_id == key), None)
    if found is None:
        raise Unfit(f"The vector's model has no source any more; add one with `{command('sources add')}`.")
    return found


def _terms(
    session: Session,
    sources: dict[str, SourceInfo],
    vectors: dict[int, VectorInfo],
    terms: Sequence[TermRequest],
) -> tuple[SteerTerm, ...]:
    maxima: dict[tuple[str, int], float] = {}
    for slug, source in sources.items():
        indices = {term.index for term in terms if term.source == slug and term.index is not None}
        for index in sorted(indices):
            if not 0 <= index < source.facts.d_sae:
                raise UnknownLatent(slug, index, source.facts.d_sae)
        known = latent_numbers(session, source, indices)
        maxima |= {(slug, index): numbers.max_activation for index, numbers in known.items()}
    found = []
    for term in terms:
        subject: LatentSubject | VectorSubject
        if term.vector is not None:
            vector = vectors[term.vector]
            subject = VectorSubject(vector.name, vector.hook_name, vector.values)
        else:
            slug, index = term.source or "", term.index or 0
            if sources[slug].build is None and term.mode in IN_MAXIMA:
                raise Unfit(
                    f"{slug} has no finished build, so the maximum of latent {index}, in which the strength of "
                    f"{term.mode} is measured, is not recorded; run `{command(f'build {slug}')}`, or use scale, "
                    "ablate or project."
                )
            subject = LatentSubject(slug, index, maxima.get((slug, index)))
        found.append(SteerTerm(subject, term.mode, term.strength, term.everywhere))
    return tuple(found)


def _names(
    session: Session, sources: dict[str, SourceInfo], vectors: dict[int, VectorInfo], terms: Sequence[TermRequest]
) -> tuple[TermName, ...]:
    known: dict[tuple[str, int], LatentName] = {}
    for slug, source in sources.items():
        indices = [term.index for term in terms if term.source == slug and term.index is not None]
        known |= {(slug, index): name for index, name in latent_names(session, source, indices).items()}
    return tuple(
        TermName(vectors[term.vector].name)
        if term.vector is not None
        else TermName.of(known.get((term.source or "", term.index or 0), LatentName()))
        for term in terms
    )
