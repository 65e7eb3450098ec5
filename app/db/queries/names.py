"""What latents are called, for answers that name hundreds of them: labels and first tokens, from memory."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from app.db.latent_table.latents import index_of, vocabulary_index
from app.db.latent_table.reading import NO_TOKEN, Tokens
from app.db.queries.answers import LatentName, SourceInfo
from app.db.queries.kept_labels import known_leading_labels


def latent_names(session: Session, source: SourceInfo, indices: Collection[int]) -> dict[int, LatentName]:
    """The name of each of the latents; without a build only their labels are known."""
    labels = known_leading_labels(session, source, indices)
    if source.build is None:
        return {index: LatentName(labels.get(index)) for index in indices}
    first = index_of(session, source).first_tokens(session)
    top = _texts(session, source, first.top, indices)
    promoted = _texts(session, source, first.promoted, indices)
    return {index: LatentName(labels.get(index), top.get(index), promoted.get(index)) for index in indices}


def latent_name(session: Session, source: SourceInfo, index: int) -> LatentName:
    """The name of one latent."""
    return latent_names(session, source, [index])[index]


def first_promoted(session: Session, source: SourceInfo, indices: Collection[int]) -> dict[int, str]:
    """The token that each of the latents promotes most. NotBuilt where there is no build."""
    return _texts(session, source, index_of(session, source).first_tokens(session).promoted, indices)


def _texts(session: Session, source: SourceInfo, tokens: Tokens, indices: Collection[int]) -> dict[int, str]:
    """The texts of a column of tokens (d_sae,) at these latents; those without a token are left out."""
    texts = vocabulary_index(session, source)
    numbers = {index: int(tokens[index]) for index in indices if 0 <= index < len(tokens)}
    return {index: texts.text(number) for index, number in numbers.items() if number != NO_TOKEN}
