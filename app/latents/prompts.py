"""A whole prompt around an example, with what the build kept of one latent's activations in it."""

import numpy as np
from sqlalchemy.orm import Session

from app.corpus.reading import known_activations
from app.db.display import whole_characters
from app.db.queries.latents import latent_record, prompts
from app.db.queries.names import latent_name
from app.db.queries.sources import source_by_slug
from app.db.queries.texts import token_texts
from app.errors import InvalidRequest, NotBuilt, NotFound, shorten
from app.text.block_views import Crumb
from app.text.formats import count, number
from app.text.names import title_of
from app.text.token_views import HeatText, PromptView

#: A longer prompt is shown around the position, so that a page stays small.
MAX_TOKENS = 2048


def prompt_view(session: Session, slug: str, index: int, prompt: int, position: int | None) -> PromptView:
    """The prompt on the page's scale of heat; ``position`` is outlined, by default the strongest token known."""
    source = source_by_slug(session, slug)
    if source.build is None:
        raise NotBuilt(slug)
    record = latent_record(session, source, index)
    ids = prompts(session, source.build.id, [prompt]).get(prompt) if 0 <= prompt < 2**31 else None
    if ids is None:
        raise NotFound(f"The build of {slug} has no prompt {shorten(str(prompt))}.")
    known = known_activations(record, prompt, len(ids))
    at = int(np.nan_to_num(known, nan=-1.0).argmax()) if position is None else position
    if not 0 <= at < len(ids):
        raise InvalidRequest(f"Prompt {prompt} has the positions 0 to {len(ids) - 1}, not {shorten(str(position))}.")
    first = max(0, min(at - MAX_TOKENS // 2, len(ids) - MAX_TOKENS))
    last = min(len(ids), first + MAX_TOKENS)
    tokens = token_texts(session, source.language_model_id, set(ids[first:last].tolist()))
    name = latent_name(session, source, index)
    href = f"/sources/{slug}"
    return PromptView(
        title=title_of(index, name),
        crumbs=(Crumb("Sources", "/"), Crumb(slug, href), Crumb(f"Latent {index}", f"{href}/latents/{index}")),
        tokens=HeatText(
            whole_characters([tokens[token_id] for token_id in ids[first:last].tolist()]),
            tuple(known[first:last].tolist()),
            at - first,
            record.max_activation,
        ),
        prompt=prompt,
        position=at,
        activation=number(None if np.isnan(known[at]) else float(known[at])),
        max_activation=number(record.max_activation),
        n_tokens=count(len(ids)),
        n_known=count(int((~np.isnan(known)).sum())),
        first=first,
        last=last - 1,
        is_cut_left=first > 0,
        is_cut_right=last < len(ids),
    )
