"""The checks of ``periscope doctor``. Each says what it found and, if need be, what to do about it."""

import importlib.metadata
import importlib.util
import os
import shlex
import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from app.errors import DatabaseError, DatabaseNotMigrated
from app.hints import command, install_again
from app.private_files import keep_private, may_others, opened
from app.settings import PREFIX, Settings, unknown_names
from app.web.assets import VENDOR, VENDOR_FILES, missing_assets

OK, WARN, FAIL = "ok", "warn", "fail"
REPOSITORY = Path(__file__).resolve().parents[2]
#: Free disk space below which a build is likely to fail, and below which everything is, in bytes.
LOW_DISK, NO_DISK = 2 * 2**30, 100 * 2**20
HUB_TIMEOUT = 3.0  # seconds


@dataclass(frozen=True)
class Check:
    """One finding: ``remedy`` is empty when there is nothing to do."""

    name: str
    state: str
    detail: str
    remedy: str = ""


def all_checks(settings: Settings) -> Iterator[Check]:
    """The findings, one by one as they are made; a check that breaks is a finding itself."""
    checks: tuple[Callable[[Settings], Check], ...] = (
        check_names, check_python, check_packages, check_torch, check_privacy, check_database, check_disk,
        check_assets, check_demo, check_hub, check_chromium,
    )  # fmt: skip
    for check in checks:
        try:
            yield check(settings)
        except Exception as error:
            name = check.__name__.removeprefix("check_")
            yield Check(name, FAIL, f"{type(error).__name__}: {error}", "this is a defect; please report it")


def check_names(_settings: Settings) -> Check:
    """Names in the environment that look like settings but are none."""
    sentences = unknown_names()
    if not sentences:
        return Check("names", OK, "every PERISCOPE_ name in the environment is a setting")
    return Check("names", WARN, " ".join(sentences), "docs/settings.md lists the settings")


def check_python(_settings: Settings) -> Check:
    """The version of Python."""
    version = ".".join(map(str, sys.version_info[:3]))
    needed = importlib.metadata.metadata("periscope")["Requires-Python"]
    if _satisfies(f"python {needed}", version):
        return Check("python", OK, version)
    return Check("python", FAIL, version, f"install a Python that is {needed}")


def check_packages(_settings: Settings) -> Check:
    """The packages that the application requires, with their versions."""
    required = importlib.metadata.requires("periscope") or []
    found, wrong = [], []
    for line in required:
        if "extra ==" in line:
            continue
        name = line.split(";")[0].split("[")[0]
        for sign in "<>=!~ ":
            name = name.split(sign)[0]
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            wrong.append(f"{name} is missing")
            continue
        found.append(f"{name} {version}")
        if not _satisfies(line, version):
            wrong.append(f"{name} {version} does not satisfy {line}")
    if wrong:
        return Check("packages", FAIL, "; ".join(wrong), install_again())
    return Check("packages", OK, ", ".join(found))


def check_torch(settings: Settings) -> Check:
    """Whether torch loads, and has the device that the settings name."""
    try:
        import torch
    except ImportError as error:
        return Check("torch", FAIL, f"cannot be imported: {error}", install_again())
    devices = ["cpu"]
    devices += [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    devices += ["mps"] if torch.backends.mps.is_available() else []
    detail = f"{torch.__version__}, {torch.get_num_threads()} threads, devices {', '.join(devices)}"
    wanted = "cuda:0" if settings.device == "cuda" else settings.device
    if wanted != "auto" and wanted not in devices:
        remedy = f"set PERISCOPE_DEVICE to auto or one of {', '.join(devices)}"
        return Check("torch", FAIL, f"{detail}; there is no {settings.device}", remedy)
    return Check("torch", OK, detail)


def check_database(settings: Settings) -> Check:
    """Whether the database answers, has this version's tables and can be written."""
    from sqlalchemy import text

    from app.db.session import check_revision, database_url, make_engine

    shown = database_url(settings).render_as_string(hide_password=True)
    try:
        engine = make_engine(settings)
        try:
            check_revision(engine)
            with engine.connect() as connection:
                # Written and taken back: a lock that cannot be had or a full disk shows here.
                connection.execute(text("UPDATE build SET message = message WHERE id = -1"))
                connection.rollback()
        finally:
            engine.dispose()
    except DatabaseNotMigrated as error:
        return Check("database", WARN, f"{shown}: {error}", command("db upgrade"))
    except DatabaseError as error:
        return Check("database", FAIL, f"{shown}: {error}", "check PERISCOPE_DATABASE_URL and PERISCOPE_DATA_DIR")
    return Check("database", OK, f"{shown}, migrated and writable")


def check_privacy(settings: Settings) -> Check:
    """Whether others on this machine can open the data, or the file with the settings, which may hold the token."""
    from app.db.session import database_file, database_url

    database = database_file(database_url(settings))
    keep_private(settings.data_dir, database)
    files = opened(settings.data_dir, database)
    settings_file = Path(".env")
    if may_others(settings_file) and f"{PREFIX}AUTH_TOKEN" in settings_file.read_text("utf-8", "replace"):
        files.append(settings_file)
    if not files:
        return Check("privacy", OK, "data and settings can be opened by their owner only")
    if files[0].is_dir():
        remedy = "set PERISCOPE_DATA_DIR to a folder of its own, or take the rights of others away (chmod go=)"
    else:
        remedy = f"chmod go= {' '.join(shlex.quote(str(path)) for path in files[:5])}"
    shown = ", ".join(map(str, files[:5])) + (f" and {len(files) - 5} more" if len(files) > 5 else "")
    return Check("privacy", WARN, f"others on this machine can open {shown}", remedy)


def check_disk(settings: Settings) -> Check:
    """Free space where the data goes."""
    folder = settings.data_dir.absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    detail = f"{free / 2**30:.1f} GiB free for {settings.data_dir}"
    if not os.access(folder, os.W_OK):
        return Check("disk", FAIL, f"{folder} cannot be written to", "set PERISCOPE_DATA_DIR to a folder of yours")
    if free < LOW_DISK:
        return Check("disk", FAIL if free < NO_DISK else WARN, detail, "free some space or move PERISCOPE_DATA_DIR")
    return Check("disk", OK, detail)


def check_assets(_settings: Settings) -> Check:
    """The browser files of others (htmx, Plotly), which are fetched once."""
    missing = missing_assets()
    if missing:
        return Check("assets", FAIL, f"missing in {VENDOR}: {', '.join(missing)}", install_again())
    return Check("assets", OK, ", ".join(VENDOR_FILES))


def check_demo(_settings: Settings) -> Check:
    """The bundled SAEs, the grammar's model, and whether the chat model is installed."""
    found = [path for name in ("demo", "demo_chat") for path in (REPOSITORY / "models" / name).rglob("*.safetensors")]
    if not found:
        return Check("demo", WARN, "the bundled models are not there", install_again())
    size = sum(path.stat().st_size for path in found) / 2**20
    said = f"{len(found)} weight files, {size:.0f} MiB"
    from models.demo_chat.bundle import FETCH, installed_model

    if installed_model() is None:
        return Check("demo", WARN, f"{said}; the chat model is not installed, the demo is the grammar", FETCH)
    return Check("demo", OK, f"{said}, and the chat model")


def check_hub(_settings: Settings) -> Check:
    """Whether models and data sets can be fetched from the Hugging Face hub."""
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "TRUE", "YES", "ON"):
        return Check("hub", OK, "offline by HF_HUB_OFFLINE: local folders and what is in the cache")
    address = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
    if not address.startswith(("https://", "http://")):
        return Check("hub", WARN, f"HF_ENDPOINT is {address}", "set it to an https:// address")
    try:
        request = urllib.request.Request(address, method="HEAD")  # noqa: S310 (the scheme is checked above)
        urllib.request.urlopen(request, timeout=HUB_TIMEOUT).close()  # noqa: S310
    except urllib.error.HTTPError:
        pass  # It answered, which is all that is asked.
    except OSError as error:
        remedy = "local folders work; set HF_HUB_OFFLINE=1 to stop trying"
        return Check("hub", WARN, f"{address} does not answer ({error})", remedy)
    return Check("hub", OK, f"{address} answers")


def check_chromium(_settings: Settings) -> Check:
    """The browser of the browser tests; the application itself needs none."""
    if importlib.util.find_spec("playwright") is None:
        return Check("chromium", OK, "not needed: the test packages are not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    if Path(path).exists() or shutil.which("chromium"):
        return Check("chromium", OK, path if Path(path).exists() else str(shutil.which("chromium")))
    return Check("chromium", WARN, "none for the browser tests", "python -m playwright install chromium")


def _satisfies(requirement: str, version: str) -> bool:
    try:
        from packaging.requirements import Requirement
    except ImportError:
        return True
    return Requirement(requirement).specifier.contains(version, prereleases=True)
