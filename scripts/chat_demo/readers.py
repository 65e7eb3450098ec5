"""Each kind of text, out of the unpacked packages: iterators over documents of some 3,000 characters."""

import bz2
import gzip
import html
import lzma
import re
import struct
import subprocess
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path

#: A document ends with the paragraph in which it reaches so many characters; shorter ends are dropped below the other.
SIZE, SHORTEST = 3000, 300
#: Files of quotations that are left out: coarse or insulting by their subject, or long pieces of books still sold.
LEFT_OUT_FORTUNES = frozenset(
    {"ethnic", "drugs", "men-women", "politics", "love", "kids", "zippy", "pratchett", "startrek", "ascii-art"}
)
Reader = Callable[[Path], Iterator[str]]


def pieces(text: str) -> Iterator[str]:
    """A long text, cut at paragraphs."""
    part: list[str] = []
    size = 0
    for paragraph in re.split(r"\n\s*\n", text):
        if not paragraph.strip():
            continue
        part.append(paragraph.rstrip())
        size += len(paragraph)
        if size > SIZE:
            yield "\n\n".join(part)
            part, size = [], 0
    if size > SHORTEST:
        yield "\n\n".join(part)


def grouped(entries: Iterable[str], joint: str = "\n\n") -> Iterator[str]:
    """Short entries, joined to documents."""
    part: list[str] = []
    size = 0
    for entry in entries:
        part.append(entry)
        size += len(entry)
        if size > SIZE // 2:
            yield joint.join(part)
            part, size = [], 0


def unwrapped(text: str) -> str:
    """Lines of a paragraph joined to one."""
    return re.sub(r"(?<=[^\n])\n(?=[^\n\s])", " ", text)


def plain(page: str) -> str:
    """The words of an HTML page."""
    page = re.sub(r"(?is)<(script|style|head|nav).*?</\1>", " ", page)
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(re.sub(r"<[^>]+>", "", match.group(1)))
        return f"\n\n\0{len(kept) - 1}\0\n\n"

    page = re.sub(r"(?is)<pre[^>]*>(.*?)</pre>", keep, page)
    page = re.sub(r"\s+", " ", page)
    page = re.sub(r"(?i)</(p|div|h\d|li|blockquote|tr|dt|dd)>|<br ?/?>", "\n\n", page)
    page = re.sub(r"<[^>]+>", "", page)
    page = re.sub("\0(\\d+)\0", lambda match: kept[int(match.group(1))], page)
    return re.sub(r"\n\s*\n+", "\n\n", html.unescape("\n".join(line.rstrip() for line in page.splitlines())))


def _read(path: Path) -> str:
    data = gzip.decompress(path.read_bytes()) if path.suffix in (".gz", ".dz") else path.read_bytes()
    return data.decode("utf-8", "replace")


def _files(root: Path, pattern: str) -> list[Path]:
    found = sorted(path for path in root.glob(pattern) if path.is_file() and not path.is_symlink())
    if not found:
        raise FileNotFoundError(f"{root} has no {pattern}; has the layout of a package changed?")
    return found


def files(pattern: str, clean: Callable[[str], str] = str) -> Reader:
    """A reader of text files, each cut at paragraphs."""

    def reader(root: Path) -> Iterator[str]:
        for path in _files(root, pattern):
            yield from pieces(clean(_read(path)))

    return reader


def austen(root: Path) -> Iterator[str]:
    """The novels, out of the R package's lazy-load file: compressed pieces that hold serialised vectors of lines."""
    raw = _files(root, "debian/usr/lib/R/site-library/janeaustenr/data/Rdata.rdb")[0].read_bytes()
    openers: dict[bytes, Callable[[], zlib._Decompress | bz2.BZ2Decompressor | lzma.LZMADecompressor]] = {
        b"x": zlib.decompressobj,
        b"B": bz2.BZ2Decompressor,
        b"\xfd": lzma.LZMADecompressor,
    }
    for match in re.finditer(rb"\x78[\x01\x9c\xda]|BZh\d1AY|\xfd7zXZ", raw):
        try:
            data = openers[match.group()[:1]]().decompress(raw[match.start() :])
        except (zlib.error, OSError, lzma.LZMAError):
            continue  # the bytes only looked like the start of a piece
        lines = list(_r_strings(data))
        if len(lines) > 1000:
            yield from pieces(unwrapped("\n".join(lines)))


def _r_strings(data: bytes) -> Iterator[str]:
    """The strings of R's serialisation: a mark (CHARSXP, ASCII or UTF-8), a length, the bytes."""
    for match in re.finditer(rb"\x00[\x04\x00][\x00\x40\x80]\x09", data):
        (size,) = struct.unpack(">i", data[match.end() : match.end() + 4])
        if 0 <= size < 2000:
            yield data[match.end() + 4 : match.end() + 4 + size].decode("utf-8", "replace")


def scripture(root: Path) -> Iterator[str]:
    """The King James Version; its package keeps it in a format of its own, which its program prints."""
    tree = root / "debian" / "usr"
    command = [str(tree / "bin" / "bible"), "-p", str(tree / "lib"), "-l0", "Gen1-Rev22"]
    text = subprocess.run(command, capture_output=True, check=True, text=True, stdin=subprocess.DEVNULL).stdout
    text = re.sub(r"(?m)^ *\d+ ", "", text)  # numbers of verses
    for chapter in re.split(r"\n(?=\n[1-3]? ?[A-Z][A-Za-z ]+ \d+\n)", text):
        yield from pieces(chapter.strip())


def wesnoth(root: Path) -> Iterator[str]:
    """Dialogue and story of fantasy campaigns: who speaks, and what."""
    for path in _files(root, "debian/usr/share/games/wesnoth/1.16/data/campaigns/*/scenarios/*.cfg"):
        speaker, lines = "", []
        pattern = r'speaker=(?P<who>[\w -]+)|(?P<kind>message|story) ?= ?_ ?"(?P<what>[^"]+)"'
        for match in re.finditer(pattern, _read(path)):
            if match["who"]:
                speaker = match["who"].strip()
                continue
            words = " ".join(match["what"].split())
            has_speaker = match["kind"] == "message" and speaker not in ("", "narrator")
            lines.append(f"{speaker}: {words}" if has_speaker else words)
        yield from pieces("\n\n".join(lines))


def glosses(root: Path) -> Iterator[str]:
    """Words and what WordNet says they mean, in alphabetical runs over all parts of speech."""
    entries = []
    for path in _files(root, "debian/usr/share/wordnet/data.*"):
        for line in _read(path).splitlines():
            if line[:1] != " " and "| " in line:
                entries.append(f"{line.split()[4].replace('_', ' ')}: {line.split('| ', 1)[1].strip()}")
    # Every 20th entry: what stands together is unlike, as the words of a text are.
    yield from grouped(chain.from_iterable(entries[start::20] for start in range(20)), joint="\n")


def fortunes(root: Path) -> Iterator[str]:
    """Quotations, the coarse and insulting files left out."""
    for path in _files(root, "debian/usr/share/games/fortunes/*"):
        if path.suffix or path.name in LEFT_OUT_FORTUNES:
            continue
        yield from grouped(entry.strip("\n") for entry in _read(path).split("\n%\n"))


def jargon(root: Path) -> Iterator[str]:
    """Entries of the Jargon File."""
    text = _read(_files(root, "debian/usr/share/dictd/jargon.dict.dz")[0])
    entries = (re.sub(r"[{}]", "", entry) for entry in re.split(r"\n\n(?=\S)", text))
    yield from grouped(re.sub(r"(?<=\S)\n +(?=\S)", " ", re.sub(r"(?m)^ +", "", entry)) for entry in entries)


#: The kinds of text: how it is read, and how many characters of it are taken at most.
READERS: dict[str, tuple[tuple[Reader, ...], int]] = {
    "novel": ((austen, files("npm/datasets-moby-dick/data/*.txt")), 800_000),
    "speech": (
        (files("npm/datasets-sotu/data/*.txt", lambda text: re.sub(r"(\. )(?=[A-Z])", r".\n\n", text)),),
        450_000,
    ),
    "scripture": ((scripture,), 250_000),
    "fantasy": ((wesnoth,), 400_000),
    "satire": ((files("debian/usr/share/dictd/devil.dict.dz", unwrapped),), 160_000),
    "slang": ((jargon,), 200_000),
    "glossary": ((glosses,), 350_000),
    "quotation": ((fortunes,), 300_000),
    "handbook": (
        (
            files("debian/usr/share/doc/debian-handbook/html/en-US/*.html", plain),
            files("debian/usr/share/debian-reference/ch*.en.html", plain),
        ),
        300_000,
    ),
    "manual": ((files("debian/usr/share/doc/git-doc/git*.txt"),), 150_000),
    "python docs": ((files("debian/usr/share/doc/python3.11/html/_sources/**/*.rst.txt"),), 300_000),
    "python code": ((files("debian/usr/lib/python3.11/**/*.py"),), 300_000),
    "database docs": (
        (
            files("debian/usr/share/doc/sqlite3/*.html", plain),
            files("debian/usr/share/doc/postgresql-doc-15/html/*.html", plain),
        ),
        200_000,
    ),
    "rust book": ((files("debian/usr/share/doc/rust-doc/html/book/*.html", plain),), 150_000),
    "french": ((files("debian/usr/share/doc/debian-handbook/html/fr-FR/*.html", plain),), 120_000),
    "german": ((files("debian/usr/share/doc/debian-handbook/html/de-DE/*.html", plain),), 120_000),
    "spanish": ((files("debian/usr/share/doc/debian-handbook/html/es-ES/*.html", plain),), 120_000),
}
