"""The Spectrum page: the whole distribution of a latent's activations, split by groups that the reader names.

Top examples say what the latent fires on most strongly; this says whether a meaning accounts for the rest of its
activations too, and for its zeros. ``groups`` has the method.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import numpy as np
from sqlalchemy.orm import Session

from app import glossary
from app.db import queries
from app.db.display import RAW_BYTE, whole_characters
from app.db.queries import BuildInfo, SourceInfo
from app.db.queries.prompt_spread import spread_prompts
from app.errors import InvalidRequest, NotBuilt, shorten
from app.figures_spectrum import GroupBars, spectrum_figure
from app.formats import count, number, percent, short_count
from app.services.groups import Mask, Spread, spread
from app.services.patterns import WORD, Pattern, Words
from app.services.quality import corpus_of
from app.services.tokens import plain
from app.views.layout import Crumb
from app.views.spectrum import GroupField, GroupRow, Place, SpectrumView, Suggestion
from models.records import IntArray, LatentRecord

MAX_GROUPS, MAX_NAME = 4, 60
NEAR = 16
PLACES = {
    "token": "the token itself",
    "near": f"within {NEAR} tokens",
    "prompt": "anywhere in its prompt",
}
REST = "everything else"
#: Tokens of text that are read to find how large a group is.
READ = 200_000
SUGGESTED = 4


@dataclass(frozen=True)
class Rule:
    """A group: tokens at, near or in a prompt with a match of the pattern."""

    name: str
    text: str
    where: str


@dataclass(frozen=True, eq=False)
class _Reading:
    """The text that was read: its words, where each prompt begins, which tokens count towards the share."""

    words: Words
    starts: Mapping[int, int]
    prompt_of: IntArray  # (n_tokens,) place of the token's prompt
    is_counted: Mask
    n_prompts: int
    n_all: int


def rules_of(names: Sequence[str], texts: Sequence[str], places: Sequence[str]) -> tuple[Rule, ...]:
    """The groups of a query string, whose three lists go together; rows without a pattern are left out."""
    rows = [
        Rule(
            (names[i].strip() if i < len(names) else "") or text.strip(),
            text.strip(),
            places[i] if i < len(places) else "token",
        )
        for i, text in enumerate(texts)
        if text.strip()
    ]
    if len(rows) > MAX_GROUPS:
        raise InvalidRequest(f"A spectrum shows at most {MAX_GROUPS} groups, not {len(rows)}.")
    for rule in rows:
        if rule.where not in PLACES:
            raise InvalidRequest(f"A pattern is looked for at {', '.join(PLACES)}, not {shorten(rule.where)!r}.")
    return tuple(Rule(shorten(rule.name, MAX_NAME), rule.text, rule.where) for rule in rows)


def spectrum_page(session: Session, slug: str, index: int, rules: Sequence[Rule]) -> SpectrumView:
    """The distribution of one latent by the groups of ``rules``; without rules, the distribution alone."""
    source = queries.source_by_slug(session, slug)
    if source.build is None:
        raise NotBuilt(slug)
    patterns = [Pattern.parse(rule.text) for rule in rules]
    record = queries.latent_record(session, source, index)
    label = queries.labels(session, source, [index]).get(index)
    href = f"/sources/{slug}/latents/{index}"
    is_dead = record.n_active == 0
    n_tokens = source.build.tokens_done
    spreads: list[Spread] = []
    masks: list[Mask] = []
    basis = ""
    if not is_dead and rules:
        reading = _read(session, source, source.build, record)
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
        basis = _basis(record, reading, is_counted)
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
        suggestions=() if rules or is_dead else _suggestions(session, source, record, f"{href}/spectrum"),
        basis=basis,
        term=glossary.TERMS["auroc"],
        corpus=corpus_of(source.build),
    )


def _read(session: Session, source: SourceInfo, build: BuildInfo, record: LatentRecord) -> _Reading:
    """Prompts spread over the corpus, and those of the sample, as words."""
    ids, n_all = spread_prompts(session, build.id, max(1, READ // max(1, build.context_size)))
    n_prompts = len(ids)
    more = set(record.sample.prompts.tolist()) - set(ids)
    every = ids | queries.prompts(session, build.id, more)
    texts = queries.token_texts(
        session, source.language_model_id, set(np.unique(np.concatenate(list(every.values()))).tolist())
    )
    fragments = {token for token, text in texts.items() if RAW_BYTE.search(text)}
    lengths = [len(prompt) for prompt in every.values()]
    ends = np.cumsum(lengths)
    starts = ends - lengths
    counted = np.repeat(np.arange(len(every)) < n_prompts, lengths)
    if source.facts.prepend_bos:
        counted[starts] = False
    return _Reading(
        words=Words.of(_text(prompt.tolist(), texts, fragments) for prompt in every.values()),
        starts=dict(zip(every, starts.tolist(), strict=True)),
        prompt_of=np.repeat(np.arange(len(every)), lengths),
        is_counted=counted,
        n_prompts=n_prompts,
        n_all=n_all,
    )


def _text(ids: Sequence[int], texts: Mapping[int, str], fragments: set[int]) -> Sequence[str]:
    shown = [texts[token_id] for token_id in ids]
    return shown if fragments.isdisjoint(ids) else whole_characters(shown)


def _tokens(reading: _Reading, pattern: Pattern, where: str) -> Mask:
    """The tokens of the group, (n_tokens,)."""
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
    return (
        f"Estimated. How a group's activations are distributed: from {count(len(record.sample.activations))} of the "
        f"{count(record.n_active)} active tokens, a uniform sample. How large a group is: from the text of "
        f"{count(reading.n_prompts)} of {count(reading.n_all)} prompts, spread evenly; separators between documents "
        "cannot be told from other tokens there and are counted along. Intervals are of 95 %, for the sample of "
        "active tokens alone (bootstrap)."
    )


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


def _suggestions(session: Session, source: SourceInfo, record: LatentRecord, path: str) -> tuple[Suggestion, ...]:
    """Each of the most frequent tokens as a rule, if a pattern can say it, and all of them together."""
    texts = queries.token_texts(session, source.language_model_id, [item.token_id for item in record.top_tokens])
    words = [texts[item.token_id].strip().casefold() for item in record.top_tokens]
    usable = [word for word in dict.fromkeys(words) if WORD.fullmatch(word) and word != "\n" and len(word) < 30]
    rules = [*usable[:SUGGESTED], " | ".join(usable[:8])] if len(usable) > 1 else usable
    return tuple(
        Suggestion(plain(rule), f"{path}?{urlencode({'rule': rule, 'where': 'token'})}")
        for rule in rules
        if rule != "|"
    )
