"""The Latent page: what one latent fires on, in words, numbers, bands of examples and neighbours."""

import re
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from app.corpus.labels import label_names
from app.db.latent_table.lists import beside
from app.db.queries.answers import BuildInfo, LatentDetails, SourceInfo
from app.db.queries.calibrations import Subject, calibration_of
from app.db.queries.latents import shown_latent
from app.errors import NotBuilt
from app.labels.rules import rule_help
from app.labels.service import labels_view
from app.latents import panels
from app.latents.bands import ALL, BandsQuery, bands_view, later_bands_view, later_places, most_examples, shown_places
from app.latents.views import BandsView, EmbedView, LatentView, LaterBandsView, Sample, Tool, Writes
from app.sources.table import link
from app.sources.table_requests import request_of_list
from app.text import glossary
from app.text.block_views import Crumb
from app.text.formats import number, percent
from app.text.names import name_view, title_of
from app.text.quality import corpus_of
from app.text.tokens import chip, plain
from models.causal.removal import DENSE
from models.records import LatentRecord

#: Texts that show what a latent writes.
SAMPLES = 3
#: How tokenizers name tokens that are no text.
_SPECIAL = re.compile(r"<\|?[^<>]{1,40}\|?>|\[[A-Z]{2,10}\]")
#: Terms that the page explains besides those of its statistics.
TERMS = ("share_of_active", "token_share", "logit_effect", "cosine")
EMBEDDED_EFFECTS = 5


@dataclass(frozen=True)
class RefusedLabel:
    """A label that could not be stored, shown again in its form with the reason."""

    text: str = ""
    author: str = ""
    rule: str = ""
    error: str = ""


def latent_page(
    session: Session,
    slug: str,
    index: int,
    query: BandsQuery,
    refused: RefusedLabel | None = None,
    *,
    explains: bool = False,
) -> LatentView:
    """Everything about one latent; ``query`` chooses the bands; ``explains``: a language model can be asked."""
    source, build, details = _find(session, slug, index, query)
    record, href = details.record, f"/sources/{slug}"
    refused = refused or RefusedLabel()
    is_dead = record.n_active == 0
    statistics = panels.statistics(details, source)
    # Who goes through latents compares them in one view. Which bands there are differs.
    same = replace(query, band="")
    table = request_of_list(query.list)
    if table is None:
        before, after = index - 1 if index > 0 else None, index + 1 if index < source.facts.d_sae - 1 else None
    else:
        before, after = beside(session, source, table.query, index)
    return LatentView(
        slug=slug,
        build=build.version,
        index=index,
        href=f"{href}/latents/{index}",
        json_href=f"/api/v1/sources/{slug}/latents/{index}",
        spectrum_href=f"{href}/latents/{index}/spectrum",
        explain_href=f"{href}/latents/{index}/explain" if explains and not is_dead else "",
        previous_href="" if before is None else same.link(f"{href}/latents/{before}"),
        next_href="" if after is None else same.link(f"{href}/latents/{after}"),
        random_href=f"{href}/random",
        tools=_tools(slug, index, details),
        crumbs=(Crumb("Sources", "/"), Crumb(slug, link(href, table.parameters() if table else {}))),
        model=source.facts.model.name,
        hook_name=source.facts.hook_name,
        title=title_of(index, details.name),
        name=name_view(index, details.name),
        top_token=None if details.top_token is None else chip(details.top_token),
        top_token_share=_share(details),
        is_dead=is_dead,
        dense_note=percent(record.density) if record.density >= DENSE else "",
        labels=labels_view(
            slug,
            index,
            details.explanations,
            details.n_explanations,
            summary=plain(details.name.summary or ""),
            rule_part_href="" if is_dead else f"/parts/sources/{slug}/latents/{index}/rule",
            rule_help=rule_help(label_names(build)),
            **vars(refused),
        ),
        statistics=statistics,
        terms=tuple(glossary.TERMS[key] for key in (*(item.term for item in statistics), *TERMS)),
        corpus=corpus_of(build),
        bands=None if is_dead else bands_view(slug, details, query),
        writes=None if is_dead else _writes(session, source, record),
        promoted=panels.token_bars(record.promoted, details.tokens),
        suppressed=panels.token_bars(record.suppressed, details.tokens),
        which_tokens=panels.tokens_view(record, details.tokens),
        neighbours=panels.neighbours(slug, record, details.neighbours),
    )


def _writes(session: Session, source: SourceInfo, record: LatentRecord) -> Writes | None:
    """What was written when the latent was calibrated, if that was in the unit that strengths have now."""
    found = calibration_of(session, Subject(source.id, record.index), "add")
    if found is None or found.sweep is None or not found.is_current(record.max_activation) or not found.sweep.samples:
        return None
    strength = number(found.recommended)
    chat = " in a chat" if found.sweep.is_chat else ""
    said = (
        f"Texts stay language{chat} from {number(found.safe_low)} to {number(found.safe_high)} times the latent's "
        f"maximum, measured {found.created:%Y-%m-%d}."
    )
    asked = {"term": f"{source.slug}:{record.index}", "strength": f"{found.recommended:g}"}
    samples = tuple(Sample(*map(plain, sample)) for sample in found.sweep.samples[:SAMPLES])
    return Writes(strength, said, f"/steer?{urlencode(asked)}", samples)


def _tools(slug: str, index: int, details: LatentDetails) -> tuple[Tool, ...]:
    """The other pages with this latent in them: on its strongest example, where the page takes a text."""
    until, whole = _strongest(details)
    found = []
    if whole:
        asked = {"text": whole, "source": slug, "latent": f"{slug}:{index}"}
        found.append(Tool("Microscope", f"/microscope?{urlencode(asked)}", "its strongest example, with all latents"))
        asked = {"text": until, "source": slug}
        found.append(Tool("Ablate", f"/ablate?{urlencode(asked)}", "what the next token after its peak rests on"))
        asked = {"mode": "selectivity", "latents": str(index), "source": slug}
        found.append(Tool("Selectivity", f"/ablate?{urlencode(asked)}", "whom removing it hurts"))
    return (*found, Tool("Steer", f"/steer?term={slug}:{index}", "steer with it", "s"))


def _strongest(details: LatentDetails) -> tuple[str, str]:
    """The strongest example up to the token it is strongest on, and all of its window; no further than a special token,
    whose name would be read as text. Empty for a dead latent.
    """
    example = next((item for band in details.record.bands for item in band.examples), None)
    if example is None or example.prompt not in details.prompts:
        return "", ""
    texts = list(details.window_tokens(example.prompt, example.window_start, len(example.window)))
    focus = example.position - example.window_start
    special = [place for place, text in enumerate(texts) if _SPECIAL.fullmatch(text.strip())]
    first = max((place + 1 for place in special if place < focus), default=0)
    last = min((place for place in special if place > focus), default=len(texts))
    if not first <= focus < last:
        return "", ""
    return "".join(texts[first : focus + 1]), "".join(texts[first:last])


def bands_part(session: Session, slug: str, index: int, query: BandsQuery) -> BandsView:
    """The histogram and the examples alone."""
    _, _, details = _find(session, slug, index, query)
    return bands_view(slug, details, query)


def later_bands_part(session: Session, slug: str, index: int, query: BandsQuery) -> LaterBandsView:
    """The examples of the bands that the page leaves for later."""
    _, details = shown_latent(session, slug, index, partial(later_places, query))
    return later_bands_view(slug, details, query)


def embedded(session: Session, slug: str, index: int, query: BandsQuery) -> EmbedView:
    """A small dashboard for a frame in a notebook."""
    query = query if query.band else replace(query, band=ALL)
    source, build, details = _find(session, slug, index, query)
    record = details.record
    return EmbedView(
        slug=slug,
        index=index,
        href=f"/sources/{slug}/latents/{index}",
        title=title_of(index, details.name),
        name=name_view(index, details.name),
        top_token=None if details.top_token is None else chip(details.top_token),
        top_token_share=_share(details),
        statistics=panels.statistics(details, source),
        corpus=corpus_of(build),
        bands=None if record.n_active == 0 else bands_view(slug, details, query, "embed/"),
        promoted=panels.token_bars(record.promoted[:EMBEDDED_EFFECTS], details.tokens),
        suppressed=panels.token_bars(record.suppressed[:EMBEDDED_EFFECTS], details.tokens),
    )


def _find(session: Session, slug: str, index: int, query: BandsQuery) -> tuple[SourceInfo, BuildInfo, LatentDetails]:
    choose = partial(shown_places, query)
    source, details = shown_latent(session, slug, index, choose, most_examples(query))
    if source.build is None:
        raise NotBuilt(slug)
    return source, source.build, details


def _share(details: LatentDetails) -> str:
    return "" if details.top_token_share is None else percent(details.top_token_share, 2)
