"""How pages are looked at: wide and light, narrow and dark. Colours do not depend on widths, nor widths on colours."""

import pytest

LOOKS = pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
