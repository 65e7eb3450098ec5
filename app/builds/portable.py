"""The dashboards of one source in one file: what a build wrote, read into any database that Periscope runs on.

A zip file, not compressed as a whole: ``manifest.json`` (source, model, build, and of every table its rows and sha256)
and a parquet file per table, which compresses its columns. Whether it is whole is known before the first row is
written, and what it brings is shown when the last one is. Derived tables are made anew by the database that reads it.

Locations are not part of it: whoever imports says where model and SAE are. The weights' hash is.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db.queries.sources import all_sources, source_by_slug
from app.db.tables.base import Base
from app.db.tables.builds import Build, Example, Latent, LatentDetail, Prompt
from app.db.tables.sources import Token
from app.db.writes.builds import fail_build, finish_build, start_build, touch
from app.db.writes.bulk import delete_build_rows, insert_rows, rolled_back_on_error
from app.db.writes.sources import register_source, remove_source
from app.errors import InvalidRequest
from models.records import ModelFacts, SourceFacts

FORMAT = 1
MANIFEST = "manifest.json"
#: What a build wrote; the columns that sorts and searches read are made from these.
TABLES: tuple[type[Base], ...] = (Prompt, Latent, LatentDetail, Example)
#: Rows in one piece of a parquet file, and in one transaction.
STEP = 16_384
#: No table of a million latents is larger; a file that says so is not read.
MAX_TABLE, MAX_MANIFEST = 16 << 30, 1 << 20
#: What of a build's own row is measured, and not made by whoever imports.
MEASURED = (
    "tokens_done", "tokens_per_second", "l0", "explained_variance", "loss_clean", "loss_sae", "loss_zero",
    "loss_recovered", "dead_fraction", "mean_residual_norm",
)  # fmt: skip
ASKED = ("corpus", "tokens", "context_size", "seed", "config")
_KINDS: dict[type, pa.DataType] = {int: pa.int64(), float: pa.float64(), str: pa.string(), bytes: pa.binary()}


def export_dashboards(session: Session, slug: str, path: Path) -> None:
    """Write the file of the build that ``slug`` shows; InvalidRequest if there is none."""
    source = source_by_slug(session, slug)
    if source.build is None:
        raise InvalidRequest(f"{slug} has not been built yet, so there are no dashboards to export.")
    facts = asdict(source.facts) | {"sae_location": "", "model": asdict(source.facts.model) | {"location": ""}}
    build = session.execute(sa.select(Build.__table__).where(Build.id == source.build.id)).mappings().one()
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "slug": slug,
        "source": facts,
        "build": {name: build[name] for name in (*ASKED, *MEASURED)},
        "tables": {},
    }
    waiting = path.with_suffix(f"{path.suffix}.part")
    try:
        with zipfile.ZipFile(waiting, "w", zipfile.ZIP_STORED) as file:
            for table in TABLES:
                of_build = table.build_id == source.build.id  # type: ignore[attr-defined]
                _export(session, file, manifest, table, of_build)
            _export(session, file, manifest, Token, Token.language_model_id == source.language_model_id)
            file.writestr(MANIFEST, json.dumps(manifest, indent=1))
        waiting.replace(path)
    finally:
        waiting.unlink(missing_ok=True)


def import_dashboards(session: Session, path: Path, slug: str, *, model: str, sae: str) -> None:
    """Show the file's dashboards under ``slug``, which is registered if it is not.

    ``model``, ``sae``: where they are, or will be. Raises InvalidRequest for a file that is not whole, or is of other
    weights than the source's; what was shown before stays then, and nothing of the file is left.
    """
    try:
        with zipfile.ZipFile(path) as file:
            manifest = _read_manifest(file, path)
            for name, said in manifest["tables"].items():
                _check(file, path, name, said)
            facts = _facts(manifest["source"], model, sae)
            is_new = _register(session, file, slug, facts)
            try:
                _import(session, file, slug, manifest)
            except BaseException:
                if is_new:
                    remove_source(session, slug)
                raise
    except OSError as error:
        raise InvalidRequest(f"{path} cannot be read ({error.strerror or error}).") from error
    except (zipfile.BadZipFile, pa.ArrowException, KeyError, TypeError, ValueError) as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> InvalidRequest:
    return InvalidRequest(f"{path.name} is not a whole file of dashboards that this version can read; make it again.")


# ------------------------------------------------------------------------------------------------ writing


def _columns(table: type[Base]) -> list[sa.Column[Any]]:
    """What is written of a table: all but whose it is."""
    every: Any = table.__table__.columns
    return [column for column in every if not column.foreign_keys]


def _is_json(column: sa.Column[Any]) -> bool:
    return isinstance(column.type, sa.JSON)


def _schema(table: type[Base]) -> pa.Schema:
    return pa.schema(
        [
            pa.field(column.name, pa.string() if _is_json(column) else _KINDS[column.type.python_type])
            for column in _columns(table)
        ]
    )


def _export(
    session: Session, file: zipfile.ZipFile, manifest: dict[str, Any], table: type[Base], of: "sa.ColumnElement[bool]"
) -> None:
    columns, schema = _columns(table), _schema(table)
    keys = [column for column in columns if column.primary_key]
    query = sa.select(*columns).where(of).order_by(*keys).execution_options(yield_per=STEP)
    buffer = io.BytesIO()
    n = 0
    with pq.ParquetWriter(buffer, schema, compression="zstd", compression_level=12) as writer:
        for part in session.execute(query).partitions(STEP):
            n += len(part)
            arrays = [
                pa.array([_written(row[place], column) for row in part], schema.field(place).type)
                for place, column in enumerate(columns)
            ]
            writer.write_table(pa.table(arrays, schema=schema))
    data = buffer.getvalue()
    name = f"{table.__tablename__}.parquet"
    file.writestr(name, data)
    manifest["tables"][name] = {"rows": n, "sha256": hashlib.sha256(data).hexdigest()}


def _written(value: Any, column: sa.Column[Any]) -> Any:
    return json.dumps(value) if _is_json(column) and value is not None else value


# ------------------------------------------------------------------------------------------------ reading


def _read_manifest(file: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    if file.getinfo(MANIFEST).file_size > MAX_MANIFEST:
        raise _damaged(path)
    manifest = json.loads(file.read(MANIFEST))
    if manifest["format"] != FORMAT:
        raise InvalidRequest(
            f"{path.name} is of format {manifest['format']!r}, and this version reads {FORMAT}; update Periscope."
        )
    every: tuple[type[Base], ...] = (*TABLES, Token)
    if set(manifest["tables"]) != {f"{table.__tablename__}.parquet" for table in every}:
        raise _damaged(path)
    return dict(manifest)


def _check(file: zipfile.ZipFile, path: Path, name: str, said: Mapping[str, Any]) -> None:
    info = file.getinfo(name)
    if info.compress_type != zipfile.ZIP_STORED or info.file_size > MAX_TABLE:
        raise _damaged(path)
    digest = hashlib.sha256()
    with file.open(name) as data:
        while block := data.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != said["sha256"]:
        raise _damaged(path)


def _facts(said: Mapping[str, Any], model: str, sae: str) -> SourceFacts:
    known = dict(said) | {"model": ModelFacts(**said["model"]), "warnings": tuple(said["warnings"])}
    facts = SourceFacts(**known)
    return replace(facts, sae_location=sae, model=replace(facts.model, location=model))


def _register(session: Session, file: zipfile.ZipFile, slug: str, facts: SourceFacts) -> bool:
    """Whether the source is new."""
    known = {source.slug: source for source in all_sources(session)}
    if slug not in known:
        register_source(session, slug, facts, [text for _, text in sorted(_all_rows(file, Token))])
        return True
    if known[slug].facts.weights_hash != facts.weights_hash:
        raise InvalidRequest(f"These dashboards are of another SAE than {slug}: the hash of its weights differs.")
    return False


def _import(session: Session, file: zipfile.ZipFile, slug: str, manifest: Mapping[str, Any]) -> None:
    source, said = source_by_slug(session, slug), manifest["build"]
    build_id = start_build(session, source.id, slug=slug, **{name: said[name] for name in ASKED})
    try:
        for table in TABLES:
            names = [column.name for column in _columns(table)]
            for rows in _pieces(file, table):
                with rolled_back_on_error(session):
                    touch(session, build_id, stage="importing")
                    insert_rows(session, table, ("build_id", *names), [(build_id, *row) for row in rows])
                    session.commit()
        with rolled_back_on_error(session):
            touch(session, build_id, **{name: said[name] for name in MEASURED})
            session.commit()
        finish_build(session, build_id)
    except BaseException as error:
        fail_build(session, build_id, f"The import ended: {type(error).__name__}.")
        delete_build_rows(session, build_id)
        raise


def _pieces(file: zipfile.ZipFile, table: type[Base]) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a table, in pieces; ValueError if its columns are not those of this version or of one before it,
    which had fewer that may be null.
    """
    schema = _schema(table)
    with file.open(f"{table.__tablename__}.parquet") as data:
        parquet = pq.ParquetFile(data)
        known = parquet.schema_arrow
        lacking = [field.name for field in schema if field.name not in known.names]
        if known != pa.schema([field for field in schema if field.name not in lacking]):
            raise ValueError(table.__tablename__)
        if any(not column.nullable for column in _columns(table) if column.name in lacking):
            raise ValueError(table.__tablename__)
        for batch in parquet.iter_batches(batch_size=STEP):
            nothing = [None] * batch.num_rows
            columns = [nothing if field.name in lacking else batch.column(field.name).to_pylist() for field in schema]
            yield list(zip(*columns, strict=True))


def _all_rows(file: zipfile.ZipFile, table: type[Base]) -> Iterator[tuple[Any, ...]]:
    for rows in _pieces(file, table):
        yield from rows
