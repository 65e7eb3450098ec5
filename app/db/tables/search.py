"""What a search over all latents reads."""

from sqlalchemy import ForeignKey, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from app.db.tables.base import Base


class SearchWord(Base):
    """The words that latents of a build are found by, numbered from 1; number 0 (empty) is written when all are."""

    __tablename__ = "search_word"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012

    build_id: Mapped[int] = mapped_column(ForeignKey("build.id"), primary_key=True)
    word_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str]


class SearchPosting(Base):
    """The latents of a word, ascending, with its weights (``packing.POSTING``); a part is a range of latents."""

    __tablename__ = "search_posting"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012

    build_id: Mapped[int] = mapped_column(ForeignKey("build.id"), primary_key=True)
    word_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    part: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    latents: Mapped[bytes]
