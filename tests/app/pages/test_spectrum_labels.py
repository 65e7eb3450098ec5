"""Groups of a spectrum by labels of the corpus: rules in the address, chips to choose from, a build without labels."""

from collections.abc import Callable
from urllib.parse import urlencode

import numpy as np
import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.corpus.labels import NO_LABELS, LabelRule
from app.db.queries.sources import source_by_slug
from app.db.tables.builds import Build, Prompt
from app.errors import InvalidRequest
from tests.fixtures_source import CONTEXT, N_PROMPTS, activations, make_corpus
from tests.web import one, text_of

WINTER = 5
HREF = f"/sources/tiny-mid/latents/{WINTER}"
HALF = CONTEXT // 2
#: Of even and odd prompts the first half; all second halves are "rest", with a value that breaks naive pages.
FIRST, SECOND, REST = "recipe", "poem", "<script>alert(1)</script>"
Get = Callable[[str], BeautifulSoup]


def kinds() -> np.ndarray:
    """Which kind each token is of, (prompts, context); empty for BOS and a token between the documents."""
    found = np.full((N_PROMPTS, CONTEXT), REST, dtype=object)
    found[::2, :HALF], found[1::2, :HALF] = FIRST, SECOND
    found[:, [0, HALF]] = ""
    return found


@pytest.fixture
def labelled(own_session: Session, own_client: TestClient) -> TestClient:
    """The fixture's build of tiny-mid as one of a corpus with labels."""
    build = source_by_slug(own_session, "tiny-mid").build
    assert build
    own_session.execute(sa.update(Build).where(Build.id == build.id).values(config={"labels": ["kind", "n"]}))
    for prompt in range(N_PROMPTS):
        kind = FIRST if prompt % 2 == 0 else SECOND
        documents = [[1, HALF, {"kind": kind, "n": str(prompt)}], [HALF + 1, CONTEXT, {"kind": REST}]]
        rows = sa.update(Prompt).where(Prompt.build_id == build.id, Prompt.prompt_index == prompt)
        own_session.execute(rows.values(documents=documents))
    own_session.commit()
    return own_client


def page_of(client: TestClient, *rules: tuple[str, str, str]) -> BeautifulSoup:
    pairs = [pair for name, rule, where in rules for pair in (("name", name), ("rule", rule), ("where", where))]
    answer = client.get(f"{HREF}/spectrum?{urlencode(pairs)}")
    assert answer.status_code == 200, answer.text
    return BeautifulSoup(answer.text, "html.parser")


def rows(page: BeautifulSoup) -> list[list[str]]:
    return [[text_of(cell) for cell in row.select("td")] for row in page.select(".spectrum-table tbody tr")]


def test_a_label_names_a_group_beside_a_pattern(labelled: TestClient) -> None:
    page = page_of(labelled, ("", "kind: recipe | poem", "label"), ("cold", "snow", "token"))
    group, _, rest = rows(page)
    kind = kinds()
    inside = (kind == FIRST) | (kind == SECOND)
    acts, counts = activations(make_corpus(), WINTER, 1), kind != ""
    assert group[0] == "kind: recipe | poem kind: recipe | poem: in texts with this label of the corpus"
    size = float(group[1].removesuffix("\u00a0k").removesuffix(" k")) * 1000
    # The fixture counts the tokens between documents, so that its number of tokens is a little larger.
    assert size == pytest.approx(inside.sum() / counts.sum() * make_corpus().tokens, rel=0.01)
    values, others = acts[inside], acts[counts & ~inside]
    truth = ((values[:, None] > others) + 0.5 * (values[:, None] == others)).mean()
    assert float(group[5].split()[0]) == pytest.approx(truth, abs=0.06)
    assert rest[0] == "everything else"
    text = text_of(one(page, "section[aria-labelledby='spectrum-title']"))
    assert "separators between documents" not in text
    assert [str(o["value"]) for o in page.select("select option[selected]")][:2] == ["label", "token"]


def test_labels_are_there_to_choose_from_with_their_shares(labelled: TestClient) -> None:
    page = page_of(labelled, ("cold", "snow", "token"))
    kind, numbers = page.select(".label-choices")
    assert "kind" in text_of(kind)
    assert text_of(numbers).endswith("and 228 more")
    chips = kind.select("a")
    assert [text_of(chip).split(" ")[0] for chip in chips] == [REST.split(" ")[0], SECOND, FIRST]
    assert text_of(chips[2]).split()[1:] == ["25", "%"]
    for chip in chips:
        answer = labelled.get(str(chip["href"]))
        found = rows(BeautifulSoup(answer.text, "html.parser"))
        assert len(found) == 3
        assert found[0][0].startswith("cold ")
    assert "<script>alert(1)" not in labelled.get(str(chips[0]["href"])).text


def test_a_label_that_no_text_has_is_said(labelled: TestClient) -> None:
    page = page_of(labelled, ("", "kind: novel", "label"))
    assert rows(page)[0][1] == "0"
    assert "“kind: novel” is the label of a text in none of the 240 prompts" in text_of(page)


@pytest.mark.parametrize("rule", ["recipe", "genre: recipe", "kind:", "kind: recipe | genre: poem", "|"])
def test_what_is_no_label_is_refused_with_the_names_there_are(labelled: TestClient, rule: str) -> None:
    answer = labelled.get(f"{HREF}/spectrum?{urlencode({'rule': rule, 'where': 'label'})}")
    assert answer.status_code == 422
    page = BeautifulSoup(answer.text, "html.parser")
    assert one(page, "[aria-invalid]")["value"] == rule
    assert "where the name is kind or n." in text_of(one(page, "form.groups .field [role=alert]"))
    assert page.select("select option[selected]")[0]["value"] == "label"
    assert len(page.select(".label-choices")) == 2


def test_a_build_without_labels_says_how_to_get_them(get: Get, client: TestClient) -> None:
    assert NO_LABELS in text_of(get(f"{HREF}/spectrum"))
    assert not get(f"{HREF}/spectrum").select(".label-choices")
    answer = client.get(f"{HREF}/spectrum?rule=kind:%20recipe&where=label")
    assert answer.status_code == 422
    assert NO_LABELS in answer.text


def test_rules_are_read_whatever_the_case_and_the_spaces() -> None:
    rule = LabelRule.parse(" Kind : Two  Words|n:3 ", ["kind", "n"])
    assert rule.fits({"kind": "two words"})
    assert rule.fits({"kind": "x", "n": "3"})
    assert not rule.fits({"kind": "two", "n": "33"})
    assert LabelRule.parse("url: http://a.b", ["url"]).fits({"url": "http://a.b"})
    with pytest.raises(InvalidRequest, match="at most"):
        LabelRule.parse("kind: " + "x" * 600, ["kind"])
