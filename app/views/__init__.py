"""What templates see: every page and partial gets one variable, ``view``, and its class is here.

Frozen dataclasses, one per page and partial; a template names the class in its first line, and a test holds the two
against each other. Texts that came from a model or a data set travel as ``Piece`` s (``tokens``), never as HTML.
"""

from app.views.builds import BuildRow, BuildsView, LiveBuild, LiveBuilds, Pulse
from app.views.errors import ErrorView
from app.views.figures import FigureView
from app.views.home import HomeView, ModelGroup, SourceCard
from app.views.latents import (
    BandsView,
    BandView,
    ExampleView,
    ExplanationView,
    LatentView,
    NeighbourView,
    TokenBar,
)
from app.views.layout import Crumb, Layout, Measure, Tab
from app.views.reference import OperationView, ParameterView, ReferenceView
from app.views.sources import Column, Corpus, LatentTable, LatentTableRow, SourceView, TableFilters
from app.views.tokens import HeatToken, Piece, TokenText

__all__ = [
    "BandView",
    "BandsView",
    "BuildRow",
    "BuildsView",
    "Column",
    "Corpus",
    "Crumb",
    "ErrorView",
    "ExampleView",
    "ExplanationView",
    "FigureView",
    "HeatToken",
    "HomeView",
    "LatentTable",
    "LatentTableRow",
    "LatentView",
    "Layout",
    "LiveBuild",
    "LiveBuilds",
    "Measure",
    "ModelGroup",
    "NeighbourView",
    "OperationView",
    "ParameterView",
    "Piece",
    "Pulse",
    "ReferenceView",
    "SourceCard",
    "SourceView",
    "Tab",
    "TableFilters",
    "TokenBar",
    "TokenText",
]
