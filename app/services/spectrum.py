"""The Spectrum page: the whole distribution of a latent's activations, split by groups that the reader names.

Top examples say what the latent fires on most strongly; this says whether a meaning accounts for the rest of its
activations too, and for its zeros. ``groups`` has the method.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from app import glossary
from app.db import queries
from app.db.display import RAW_BYTE, whole_characters
from app.db.queries import BuildInfo, SourceInfo
from app.db.queries.prompt_spread import prompt_documents, spread_prompts
from app.errors import NotBuilt
from app.figures_spectrum import GroupBars, spectrum_figure
from app.formats import count, number, percent, short_count
from app.services.corpus_labels import NO_LABELS, LabelledTokens, LabelRule, label_names
from app.services.groups import Mask, Spread, spread
from app.services.patterns import Pattern, Words
from app.services.quality import corpus_of
from app.services.spectrum_rules import LABEL, MAX_GROUPS, NEAR, PLACES, Rule, parsed
from app.services.spectrum_suggestions import first_rules, label_choices
from app.services.tokens import plain
from app.views.layout import Crumb
from app.views.spectrum import GroupField, GroupRow, Place, SpectrumView
from models.records import IntArray, LatentRecord

REST = "everything else"
#: Tokens of text that are read to find how large a group is.
READ = 200_000


@dataclass(frozen=True, eq=False)
class _Reading:
    """The text that was read: its words and labels, where each prompt begins, which tokens count towards the share."""

    words: Words
    labels: LabelledTokens
    starts: Mapping[int, int]
    prompt_of: IntArray  # (n_tokens,) place of the token's prompt
    is_counted: Mask
    n_prompts: int
    n_all: int


def spectrum_page(session: Session, slug: str, index: int, rules: Sequence[Rule]) -> SpectrumView:
    """The distribution of one latent by the groups of ``rules``; without rules, the distribution alone."""
    source = queries.source_by_slug(session, slug)
    if source.build is None:
        raise NotBuilt(slug)
    build = source.build
    patterns = [parsed(rule, build) for rule in rules]
    record = queries.latent_record(session, source, index)
    label = queries.labels(session, source, [index]).get(index)
    href = f"/sources/{slug}/latents/{index}"
    is_dead = record.n_active == 0
    n_tokens = build.tokens_done
    spreads: list[Spread] = []
    masks: list[Mask] = []
    basis = ""
    if not is_dead and rules:
        has_patterns = any(isinstance(pattern, Pattern) for pattern in patterns)
        reading = _read(session, source, build, record, has_patterns)
        found = [_tokens(reading, pattern, rule.where) for pattern, rule in zip(patterns, rules, strict=True)]
        found.append(~np.logical_or.reduce(found))
        at = _sampled(reading, record)
        masks = [mask[at] for mask in found]
        is_counted = len(at) == record.n_active and reading.n_prompts == reading.n_all
        spreads = [
            spread(
                record.sample.activations,
                mask[at],
                record.n_active,
                n_tokens,
                float(mask[reading.is_counted].mean()),
                is_counted,
            )
            for mask in found
        ]
        basis = _basis(record, reading, is_counted) + _not_found(reading, rules, found)
    names = [plain(rule.name) for rule in rules]
    bars = [GroupBars("all tokens", record.density, np.ones(len(record.sample.activations), bool))]
    if spreads:
        sides = zip([*names, REST], spreads, masks, strict=True)
        bars = [GroupBars(name, group.firing, mask) for name, group, mask in sides]
    return SpectrumView(
        title=plain(label or "") or f"Latent {index}",
        href=href,
        crumbs=(Crumb("Sources", "/"), Crumb(slug, f"/sources/{slug}"), Crumb(f"Latent {index}", href)),
        is_dead=is_dead,
        action=f"{href}/spectrum",
        fields=_fields(rules),
        places=tuple(Place(value, text) for value, text in PLACES.items()),
        figure=None if is_dead else spectrum_figure(record, bars),
        groups=tuple(
            _row(place, name, rule, group)
            for place, (name, rule, group) in enumerate(zip([*names, REST], [*rules, None], spreads, strict=True))
        )
        if spreads
        else (),
        suggestions=() if rules or is_dead else first_rules(session, source, record, f"{href}/spectrum"),
        labels=() if is_dead else label_choices(session, build, rules, f"{href}/spectrum", READ),
        no_labels="" if label_names(build) else NO_LABELS,
        basis=basis,
        term=glossary.TERMS["auroc"],
        corpus=corpus_of(build),
    )


def _read(session: Session, source: SourceInfo, build: BuildInfo, record: LatentRecord, has_patterns: bool) -> _Reading:
    """Prompts spread over the corpus, and those of the sample; as words if there are patterns to be found in them."""
    ids, n_all = spread_prompts(session, build.id, max(1, READ // max(1, build.context_size)))
    n_prompts = len(ids)
    more = set(record.sample.prompts.tolist()) - set(ids)
    every = ids | queries.prompts(session, build.id, more)
    lengths = [len(prompt) for prompt in every.values()]
    ends = np.cumsum(lengths)
    starts = ends - lengths
    counted = np.repeat(np.arange(len(every)) < n_prompts, lengths)
    if source.facts.prepend_bos:
        counted[starts] = False
    place_of = dict(zip(every, starts.tolist(), strict=True))
    labels = LabelledTokens.of(place_of, len(counted), prompt_documents(session, build.id, list(every)))
    if labels.labels:
        counted &= labels.of_token >= 0  # what is of no document is a separator
    return _Reading(
        labels=labels,
        words=_words(session, source, list(every.values())) if has_patterns else Words.of(()),
        starts=place_of,
        prompt_of=np.repeat(np.arange(len(every)), lengths),
        is_counted=counted,
        n_prompts=n_prompts,
        n_all=n_all,
    )


def _words(session: Session, source: SourceInfo, prompts: Sequence[IntArray]) -> Words:
    ids = set(np.unique(np.concatenate(prompts)).tolist())
    texts = queries.token_texts(session, source.language_model_id, ids)
    fragments = {token for token, text in texts.items() if RAW_BYTE.search(text)}
    return Words.of(_text(prompt.tolist(), texts, fragments) for prompt in prompts)


def _text(ids: Sequence[int], texts: Mapping[int, str], fragments: set[int]) -> Sequence[str]:
    shown = [texts[token_id] for token_id in ids]
    return shown if fragments.isdisjoint(ids) else whole_characters(shown)


def _tokens(reading: _Reading, pattern: Pattern | LabelRule, where: str) -> Mask:
    """The tokens of the group, (n_tokens,)."""
    if isinstance(pattern, LabelRule):
        return reading.labels.mask(pattern)
    mask = reading.words.covered(pattern)
    if where == "token":
        return mask
    if where == "prompt":
        has_one = np.bincount(reading.prompt_of, weights=mask) > 0
        return np.asarray(has_one[reading.prompt_of])
    places = np.arange(len(mask))
    far = len(mask) + NEAR
    before = np.maximum.accumulate(np.where(mask, places, -far))
    after = np.minimum.accumulate(np.where(mask, places, 2 * far)[::-1])[::-1]
    same = reading.prompt_of
    near_before = (places - before <= NEAR) & (same[np.clip(before, 0, None)] == same)
    near_after = (after - places <= NEAR) & (same[np.clip(after, None, len(mask) - 1)] == same)
    return np.asarray(near_before | near_after)


def _sampled(reading: _Reading, record: LatentRecord) -> IntArray:
    """Where the sampled tokens are in the reading."""
    starts = np.array([reading.starts[prompt] for prompt in record.sample.prompts.tolist()], np.int64)
    return starts + record.sample.positions


def _basis(record: LatentRecord, reading: _Reading, is_counted: bool) -> str:
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


def _not_found(reading: _Reading, rules: Sequence[Rule], found: Sequence[Mask]) -> str:
    """Which labels are in none of the prompts: a typing error, or rare."""
    missing = [
        plain(rule.text) for rule, mask in zip(rules, found, strict=False) if rule.where == LABEL and not mask.any()
    ]
    where = f"none of the {count(reading.n_prompts)} prompts that were read"
    return "".join(f" “{text}” is the label of a text in {where}." for text in missing)


def _fields(rules: Sequence[Rule]) -> tuple[GroupField, ...]:
    given = [
        GroupField(i + 1, rule.name if rule.name != rule.text else "", rule.text, rule.where)
        for i, rule in enumerate(rules)
    ]
    shown = min(MAX_GROUPS, max(2, len(given) + 1))
    return (*given, *(GroupField(i + 1, "", "", "token") for i in range(len(given), shown)))


def _row(place: int, name: str, rule: Rule | None, group: Spread) -> GroupRow:
    return GroupRow(
        name=name,
        colour=0 if rule is None else place + 1,
        rule="" if rule is None else f"{plain(rule.text)}: {PLACES[rule.where]}",
        tokens=short_count(round(group.tokens)),
        firing=_firing(group),
        mean_active=number(group.mean_active) if group.mean_active is not None else "",
        sampled=count(group.sampled),
        auroc="" if group.auroc is None or group.most_active is not None else f"{group.auroc:.3f}",
        interval="" if group.low is None or group.high is None else f"{group.low:.3f}\N{EN DASH}{group.high:.3f}",
    )


def _firing(group: Spread) -> str:
    if group.firing is None or group.most_active is None:
        return "" if group.firing is None else percent(group.firing)
    # The sample has no active token of the group, which is not the same as none.
    return f"at most {percent(min(1.0, group.most_active / group.tokens), 2)}" if group.tokens else ""
