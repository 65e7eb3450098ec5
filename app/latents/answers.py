"""The JSON twins of the pages: a session in, an answer out."""

from sqlalchemy.orm import Session

from app.db.queries.answers import LatentDetails
from app.db.queries.latents import latent_details
from app.db.queries.sources import source_by_slug
from app.labels.answers import explanation
from app.latents import schemas as answers
from app.text.names import answer_fields
from models.records import Band, Example


def latent(session: Session, slug: str, index: int) -> answers.LatentAnswer:
    """One latent; its bands are the strongest examples and the quantile bands."""
    details = latent_details(session, source_by_slug(session, slug), index)
    record, tokens = details.record, details.tokens
    return answers.LatentAnswer(
        source=slug,
        index=index,
        **answer_fields(details.name),
        explanations=[explanation(item) for item in details.explanations],
        n_explanations=details.n_explanations,
        output_score=details.output_score,
        n_active=record.n_active,
        density=record.density,
        max_activation=record.max_activation,
        mean_activation=record.mean_activation,
        quantiles=record.quantiles,
        histogram=answers.HistogramAnswer(record.histogram_edges.tolist(), record.histogram_counts.tolist()),
        promoted=[answers.TokenAnswer(tokens[item.token_id], item.value) for item in record.promoted],
        suppressed=[answers.TokenAnswer(tokens[item.token_id], item.value) for item in record.suppressed],
        neighbours=[
            answers.NeighbourAnswer(n.index, n.cosine, **answer_fields(details.name_of(n.index)))
            for n in record.neighbours
        ],
        distinct_tokens=record.token_means.distinct if record.token_means else None,
        top_tokens=_top_tokens(details),
        bands=[_band(band, details) for band in record.bands if band.view != "width"],
    )


def _top_tokens(details: LatentDetails) -> list[answers.TopTokenAnswer]:
    record = details.record
    means = record.token_means.means if record.token_means else [None] * len(record.top_tokens)
    return [
        answers.TopTokenAnswer(details.tokens[item.token_id], int(item.value), mean)
        for item, mean in zip(record.top_tokens, means, strict=True)
    ]


def _band(band: Band, details: LatentDetails) -> answers.BandAnswer:
    examples = [_example(example, details) for example in band.examples]
    return answers.BandAnswer(band.name, band.low, band.high, band.share_of_active, examples)


def _example(example: Example, details: LatentDetails) -> answers.ExampleAnswer:
    texts = details.window_tokens(example.prompt, example.window_start, len(example.window))
    return answers.ExampleAnswer(
        prompt=example.prompt,
        position=example.position,
        tokens=list(texts),
        activations=example.window.tolist(),
        activation=example.activation,
        focus=example.position - example.window_start,
    )
