"""A whole source in Neuronpedia's layout: ``v1/MODEL/SOURCE/{features,activations,explanations}/batch-N.jsonl.gz``.

A line is a row of Neuronpedia's tables Feature, Activation and Explanation, by their column names
(https://github.com/hijohnnylin/neuronpedia, schema.prisma). What Periscope does not measure is empty, never made up:
histograms of logits, correlated neurons, losses. Rows are read and written latent by latent.

- ``layer`` is the source's id there, as theirs are: the number of the layer, a dash, a name.
- ``freq_hist_data_bar_values`` are the middles of the bins, one for each of the heights.
- The examples of a quantile band have its bounds and its share of the active tokens as ``binMin``, ``binMax`` and
  ``binContains``; those of the strongest have -1, as SAEDashboard writes them. Bands of equal width are left out.
- Explanations are those for the weights that the source has now; withdrawn and replaced ones, and labels that failed
  their test, stay here.
"""

import gzip
import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.db.queries.answers import BuildInfo, ExplanationInfo, LatentDetails, SourceInfo
from app.db.queries.latents import latent_details
from app.db.queries.texts import every_explanation
from app.errors import InvalidRequest, NotBuilt, shorten
from models.records import TOP_BAND, Band, Example
from models.statistics.label_tests import FAILED

#: Latents of one batch.
BATCH = 128
CREATOR = "periscope"
KINDS = ("features", "activations", "explanations")
#: What a model or a source may be called in Neuronpedia's addresses.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

Row = dict[str, Any]
Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Exported:
    """Where the batches lie, and how many lines there are of each kind."""

    folder: Path
    counts: dict[str, int]


def names_of(source: SourceInfo) -> tuple[str, str]:
    """What the model and the source are called unless somebody says so: gpt2-small, 6-my-slug."""
    model = re.sub(r"[^a-z0-9._-]+", "-", source.facts.model.name.rpartition("/")[2].casefold()).strip("-._")
    return model or "model", f"{source.facts.layer}-{source.slug}"


def export_source(
    session: Session, source: SourceInfo, folder: Path, model: str = "", name: str = "", tell: Tell | None = None
) -> Exported:
    """Write all batches below ``folder``; they are there only when all are whole.

    Args:
        folder: where ``v1`` will lie; made if need be.
        model, name: what model and source are called there.
        tell: told (latents done, latents in all) after each batch.

    Raises:
        NotBuilt: the source has no build.
        InvalidRequest: a name that Neuronpedia's addresses cannot have, a place that is taken or cannot be written.
    """
    if source.build is None:
        raise NotBuilt(source.slug)
    usual = names_of(source)
    model, name = model or usual[0], name or usual[1]
    for value, what in ((model, "model"), (name, "source")):
        if not NAME.fullmatch(value):
            raise InvalidRequest(
                f"{shorten(value, 40)!r} cannot be the name of a {what} there: 1 to 100 letters, digits, dots, dashes "
                "and underscores, a letter or digit first."
            )
    target = folder / "v1" / model / name
    waiting = target.with_name(f".{name}.part")
    if target.exists():
        raise InvalidRequest(f"{target} exists already; remove it, or choose another folder.")
    try:
        shutil.rmtree(waiting, ignore_errors=True)
        for kind in KINDS:
            (waiting / kind).mkdir(parents=True)
        counts = _write(session, source, source.build, waiting, (model, name), tell)
        waiting.rename(target)
    except OSError as error:
        raise InvalidRequest(f"{target} cannot be written ({error.strerror or error}).") from error
    finally:
        shutil.rmtree(waiting, ignore_errors=True)
    return Exported(target, counts)


def _write(
    session: Session, source: SourceInfo, build: BuildInfo, folder: Path, names: tuple[str, str], tell: Tell | None
) -> dict[str, int]:
    counts = dict.fromkeys(KINDS, 0)
    labels = _by_latent(every_explanation(session, source))
    n = source.facts.d_sae
    for number, start in enumerate(range(0, n, BATCH)):
        indices = range(start, min(start + BATCH, n))
        rows: dict[str, list[Row]] = {kind: [] for kind in KINDS}
        for index in indices:
            details = latent_details(session, source, index)
            common = {"modelId": names[0], "layer": names[1], "index": str(index)}
            rows["features"].append(_feature(source, build, details, common))
            rows["activations"] += _activations(build, details, common)
            rows["explanations"] += (_explanation(item, common) for item in labels(index))
        for kind, found in rows.items():
            _write_batch(folder / kind / f"batch-{number}.jsonl.gz", found)
            counts[kind] += len(found)
        if tell is not None:
            tell(indices.stop, n)
    return counts


def _write_batch(path: Path, rows: Iterable[Row]) -> None:
    # No time in the head: the same source gives the same bytes.
    with path.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0) as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace") + b"\n")


def _by_latent(rows: Iterator[tuple[int, ExplanationInfo]]) -> Callable[[int], list[ExplanationInfo]]:
    """The texts of a latent, asked for in ascending order, from rows in that order; few are in memory at once."""
    waiting: list[tuple[int, ExplanationInfo]] = []

    def of(index: int) -> list[ExplanationInfo]:
        found = []
        for latent, item in chain(tuple(waiting), rows):
            waiting.clear()
            if latent > index:
                waiting.append((latent, item))
                break
            if latent == index and item.is_current and item.ended is None and item.status != FAILED:
                found.append(item)
        return found

    return of


def _feature(source: SourceInfo, build: BuildInfo, details: LatentDetails, common: Row) -> Row:
    record = details.record
    edges = record.histogram_edges.tolist()
    return common | {
        "sourceSetName": source.slug,
        "creatorId": CREATOR,
        "createdAt": _time(build),
        "maxActApprox": record.max_activation,
        "hasVector": False,
        "vector": [],
        "vectorLabel": None,
        "vectorDefaultSteerStrength": None,
        "hookName": source.facts.hook_name,
        "topkCosSimIndices": [item.index for item in record.neighbours],
        "topkCosSimValues": [item.cosine for item in record.neighbours],
        **{f"neuron_alignment_{what}": [] for what in ("indices", "values", "l1")},
        **{f"correlated_{of}_{what}": [] for of in ("neurons", "features") for what in ("indices", "pearson", "l1")},
        "neg_str": [details.tokens[item.token_id] for item in record.suppressed],
        "neg_values": [item.value for item in record.suppressed],
        "pos_str": [details.tokens[item.token_id] for item in record.promoted],
        "pos_values": [item.value for item in record.promoted],
        "frac_nonzero": record.density,
        "freq_hist_data_bar_heights": record.histogram_counts.tolist(),
        "freq_hist_data_bar_values": [(low + high) / 2 for low, high in pairwise(edges)],
        "logits_hist_data_bar_heights": [],
        "logits_hist_data_bar_values": [],
        "decoder_weights_dist": [],
        "umap_cluster": None,
        "umap_log_feature_sparsity": None,
        "umap_x": None,
        "umap_y": None,
    }


def _activations(build: BuildInfo, details: LatentDetails, common: Row) -> Iterator[Row]:
    bands = (band for band in details.record.bands if band.view in (TOP_BAND, "quantile"))
    shown = [(band, example) for band in bands for example in band.examples]
    for number, (band, example) in enumerate(shown):
        yield common | _activation(build, details, band, example) | {"id": f"{'-'.join(common.values())}-{number}"}


def _activation(build: BuildInfo, details: LatentDetails, band: Band, example: Example) -> Row:
    values = example.window.tolist()
    bounds = (-1, -1, -1) if band.view == TOP_BAND else (band.low, band.high, band.share_of_active)
    return {
        "tokens": list(details.window_tokens(example.prompt, example.window_start, len(values))),
        "dataIndex": str(example.prompt),
        "dataSource": build.corpus,
        "maxValue": max(values),
        "maxValueTokenIndex": values.index(max(values)),
        "minValue": min(values),
        "values": values,
        "dfaValues": [],
        "dfaTargetIndex": None,
        "dfaMaxValue": None,
        "creatorId": CREATOR,
        "createdAt": _time(build),
        "lossValues": [],
        "logitContributions": None,
        **dict(zip(("binMin", "binMax", "binContains"), bounds, strict=True)),
        "qualifyingTokenIndex": example.position - example.window_start,
    }


def _explanation(item: ExplanationInfo, common: Row) -> Row:
    return {"id": f"{'-'.join(common.values())}-{item.id}"} | common | {
        "description": item.text,
        "authorId": CREATOR,
        "triggeredByUserId": None,
        "notes": None,
        "typeName": item.method or None,
        "explanationModelName": item.author or None,
        "createdAt": item.created.isoformat(),
    }  # fmt: skip


def _time(build: BuildInfo) -> str:
    return (build.finished or build.started).isoformat()
