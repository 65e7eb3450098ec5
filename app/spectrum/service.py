"""The Spectrum page: the whole distribution of a latent's activations, split by groups that the reader names.

Top examples say what the latent fires on most strongly; this says whether a meaning accounts for the rest of its
activations too, and for its zeros. ``groups`` has the method.
"""

from collections.abc import Sequence

import numpy as np
from sqlalchemy.orm import Session

from app.corpus.groups import Known, Mask, spread
from app.corpus.labels import NO_LABELS, label_names
from app.corpus.patterns import Pattern
from app.corpus.reading import READ, Reading, example_tokens, read, sampled_tokens
from app.corpus.rules import LABEL, MAX_GROUPS, PLACES, Asked, Rule, asked, too_many
from app.db.queries.answers import BuildInfo
from app.db.queries.latents import latent_record
from app.db.queries.names import latent_name
from app.db.queries.sources import source_by_slug
from app.errors import NotBuilt
from app.spectrum.figures import GroupBars, spectrum_figures
from app.spectrum.rows import Group, group_note, group_row
from app.spectrum.suggestions import first_rules, label_choices
from app.spectrum.views import GroupField, Place, SpectrumView
from app.text import glossary
from app.text.block_views import Crumb
from app.text.formats import count, percent
from app.text.names import title_of
from app.text.quality import corpus_of
from app.text.tokens import plain
from models.records import TOP_BAND, LatentRecord

REST = "everything else"


def spectrum_page(session: Session, slug: str, index: int, rules: Sequence[Rule]) -> SpectrumView:
    """The distribution of one latent by the groups of ``rules``; without rules, the distribution alone.

    A rule that cannot be meant is no group; its field says why.
    """
    source = source_by_slug(session, slug)
    if source.build is None:
        raise NotBuilt(slug)
    build = source.build
    record = latent_record(session, source, index)
    name = latent_name(session, source, index)
    href = f"/sources/{slug}/latents/{index}"
    is_dead = record.n_active == 0
    rows = () if is_dead else asked(rules, build)
    meant = [row for row in rows if row.pattern is not None]
    usable = [row.rule for row in meant]
    groups: tuple[Group, ...] = ()
    basis = ""
    if meant:
        reading = read(session, source, build, record, any(isinstance(row.pattern, Pattern) for row in meant))
        found = [reading.members(row.pattern, row.rule.where) for row in meant if row.pattern is not None]
        is_counted = len(record.sample.activations) == record.n_active and reading.n_prompts == reading.n_all
        groups = _groups(build, record, reading, meant, found, is_counted)
        basis = _basis(record, reading, is_counted) + _not_found(reading, usable, found)
    figures = None if is_dead else spectrum_figures(record, _bars(record, groups))
    return SpectrumView(
        title=title_of(index, name),
        href=href,
        crumbs=(Crumb("Sources", "/"), Crumb(slug, f"/sources/{slug}"), Crumb(f"Latent {index}", href)),
        is_dead=is_dead,
        action=f"{href}/spectrum",
        error="" if is_dead else too_many(rules),
        fields=_fields(rows),
        places=tuple(Place(value, text) for value, text in PLACES.items()),
        figures=figures,
        groups=tuple(group_row(group) for group in groups),
        notes=tuple(note for group in groups if (note := group_note(group))),
        has_ranges=any(group.spread.bounds for group in groups),
        suggestions=() if rules or is_dead else first_rules(session, source, record, f"{href}/spectrum"),
        labels=() if is_dead else label_choices(session, build, usable, f"{href}/spectrum", READ),
        no_labels="" if label_names(build) else NO_LABELS,
        basis=basis,
        term=glossary.TERMS["auroc"],
        corpus=corpus_of(build),
    )


def _groups(
    build: BuildInfo,
    record: LatentRecord,
    reading: Reading,
    rows: Sequence[Asked],
    found: Sequence[Mask],
    is_counted: bool,
) -> tuple[Group, ...]:
    """The groups with the tokens ``found`` of each, and the rest."""
    at = reading.places(sampled_tokens(record))
    examples = reading.places(example_tokens(record))
    top = reading.places(example_tokens(record, TOP_BAND))

    def group(name: str, colour: int, rule: Rule | None, mask: Mask) -> Group:
        known = int(mask[examples].sum())
        numbers = spread(
            record.sample.activations,
            mask[at],
            record.n_active,
            build.tokens_done,
            float(mask[reading.is_counted].mean()),
            is_counted,
            Known(known, len(examples) - known),
        )
        return Group(name, colour, rule, numbers, mask[at], len(top), int(mask[top].sum()))

    named = [group(plain(row.rule.name), row.number, row.rule, mask) for row, mask in zip(rows, found, strict=True)]
    return (*named, group(REST, 0, None, ~np.logical_or.reduce(found)))


def _bars(record: LatentRecord, groups: Sequence[Group]) -> list[GroupBars]:
    if not groups:
        whole = np.ones(len(record.sample.activations), bool)
        return [GroupBars("all tokens", 1, record.density, percent(record.density), "", whole)]
    return [
        GroupBars(group.name, group.colour, group.spread.firing, group.firing, group.gap, group.inside)
        for group in groups
    ]


def _basis(record: LatentRecord, reading: Reading, is_counted: bool) -> str:
    if is_counted:
        return (
            f"Counted, not estimated: all {count(record.n_active)} active tokens are kept, and the text of all "
            f"{count(reading.n_all)} prompts was read."
        )
    separators = "separators between documents cannot be told from other tokens there and are counted along"
    return (
        f"Estimated. How a group's activations are distributed: from {count(len(record.sample.activations))} of the "
        f"{count(record.n_active)} active tokens, a uniform sample. How large a group is: from the text of "
        f"{count(reading.n_prompts)} of {count(reading.n_all)} prompts, spread evenly"
        f"{'' if reading.labels.labels else f'; {separators}'}. Intervals are of 95 %, for the sample of active tokens "
        "alone (bootstrap)."
    )


def _not_found(reading: Reading, rules: Sequence[Rule], found: Sequence[Mask]) -> str:
    """Which labels are in none of the prompts: a typing error, or rare."""
    missing = [
        plain(rule.text) for rule, mask in zip(rules, found, strict=False) if rule.where == LABEL and not mask.any()
    ]
    where = f"none of the {count(reading.n_prompts)} prompts that were read"
    return "".join(f" “{text}” is the label of a text in {where}." for text in missing)


def _fields(rows: Sequence[Asked]) -> tuple[GroupField, ...]:
    given = [
        GroupField(
            row.number,
            row.rule.name if row.rule.name != row.rule.text else "",
            row.rule.text,
            row.rule.where,
            row.error,
        )
        for row in rows
    ]
    shown = min(MAX_GROUPS, max(2, len(given) + 1))
    return (*given, *(GroupField(i + 1, "", "", "token", "") for i in range(len(given), shown)))
