"""What latents are called, for answers that name hundreds of them: labels and first tokens, from memory."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from app.db.queries.answers import LatentName, SourceInfo
from app.db.queries.indexes.latents import index_of, vocabulary_index
from app.db.queries.indexes.reading import NO_TOKEN
from app.db.queries.kept_labels import known_leading_labels


def latent_names(session: Session, source: SourceInfo, indices: Collection[int]) -> dict[int, LatentName]:
    """The name of each of the latents; without a build only their labels are known."""
    labels = known_leading_labels(session, source, indices)
    if source.build is None:
        return {index: LatentName(labels.get(index)) for index in indices}
    first = index_of(session, source).first_tokens(session)
    texts = vocabulary_index(session, source)

    def token(number: int) -> str | None:
        return None if number == NO_TOKEN else texts.text(number)

    n = source.facts.d_sae
    return {
        index: LatentName(labels.get(index), token(int(first.top[index])), token(int(first.promoted[index])))
        if 0 <= index < n
        else LatentName()
        for index in indices
    }


def latent_name(session: Session, source: SourceInfo, index: int) -> LatentName:
    """The name of one latent."""
    return latent_names(session, source, [index])[index]
