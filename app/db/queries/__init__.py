"""All reads, named by the question. They answer with frozen dataclasses, never with rows of the database.

Every query takes the session first. Those about latents take the ``SourceInfo`` and read the build that is
shown; a source without one raises NotBuilt.
"""

from app.db.queries.activity import Activity, activities
from app.db.queries.answers import (
    BuildInfo,
    BuildsNow,
    DensityHistogram,
    ExplanationInfo,
    Label,
    LatentDetails,
    LatentName,
    LatentPage,
    LatentPoints,
    LatentRow,
    NeighbourRow,
    SourceInfo,
)
from app.db.queries.filters import ORDERS, SORTS, LatentQuery
from app.db.queries.kept_labels import known_labels, known_leading_labels
from app.db.queries.latents import (
    ALL_RANKS,
    ChooseBands,
    densities,
    density_histogram,
    latent_details,
    latent_record,
    max_activations,
    prompts,
    random_latent,
    shown_latent,
)
from app.db.queries.lists import (
    MAX_LIMIT,
    all_matching,
    has_labels,
    has_output_scores,
    latent_page,
    latents_by_index,
    rows_in_order,
)
from app.db.queries.names import latent_name, latent_names
from app.db.queries.points import latent_points, point_step
from app.db.queries.scores import count_unscored, unscored_latents
from app.db.queries.sources import (
    all_sources,
    build_by_id,
    builds_now,
    builds_of,
    recent_builds,
    running_builds,
    shown_source,
    source_by_slug,
    source_now,
    sources_by_slugs,
)
from app.db.queries.texts import explanations, labels, leading_labels, texts_by, token_texts, vocabulary

__all__ = [
    "ALL_RANKS",
    "MAX_LIMIT",
    "ORDERS",
    "SORTS",
    "Activity",
    "BuildInfo",
    "BuildsNow",
    "ChooseBands",
    "DensityHistogram",
    "ExplanationInfo",
    "Label",
    "LatentDetails",
    "LatentName",
    "LatentPage",
    "LatentPoints",
    "LatentQuery",
    "LatentRow",
    "NeighbourRow",
    "SourceInfo",
    "activities",
    "all_matching",
    "all_sources",
    "build_by_id",
    "builds_now",
    "builds_of",
    "count_unscored",
    "densities",
    "density_histogram",
    "explanations",
    "has_labels",
    "has_output_scores",
    "known_labels",
    "known_leading_labels",
    "labels",
    "latent_details",
    "latent_name",
    "latent_names",
    "latent_page",
    "latent_points",
    "latent_record",
    "latents_by_index",
    "leading_labels",
    "max_activations",
    "point_step",
    "prompts",
    "random_latent",
    "recent_builds",
    "rows_in_order",
    "running_builds",
    "shown_latent",
    "shown_source",
    "source_by_slug",
    "source_now",
    "sources_by_slugs",
    "texts_by",
    "token_texts",
    "unscored_latents",
    "vocabulary",
]
