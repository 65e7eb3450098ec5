"""A stored mix as a board."""

from app.db.queries.mixes import MixInfo
from app.steer.query import VECTOR, SteerQuery, steer_query

#: Options of ``POST /steer`` -> fields of the board.
NAMES = {
    "prompt": "prompt", "positions": "positions", "seed": "seed", "temperature": "temperature", "top_p": "top_p",
    "frequency_penalty": "frequency_penalty", "max_new_tokens": "length",
}  # fmt: skip


def query_of_mix(mix: MixInfo) -> SteerQuery:
    """The board of a mix; it goes the way of an address, so that everything is checked the same way."""
    options = mix.options
    fields = [("model", mix.model), ("mix", mix.name)]
    if options.get("messages") is not None:
        fields.append(("interface", "chat"))
        for message in options["messages"]:
            fields += [("role", message["role"]), ("content", message["content"])]
    for term in mix.terms:
        vector = term.get("vector")
        key = f"{VECTOR}{vector}" if vector is not None else f"{term.get('source')}:{term.get('index')}"
        fields += [("term", key), ("mode", term.get("mode") or "add"), ("strength", str(term.get("strength", 1)))]
        fields += [("everywhere", "1")] if term.get("everywhere") else []
    fields += [(field, str(options[key])) for key, field in NAMES.items() if options.get(key) is not None]
    fields += [("steer_bos", "1")] if options.get("steer_bos") else []
    fields += [("ignore_eos", "1")] if options.get("stop_at_eos") is False else []
    if options.get("prepend_bos") is not None:
        fields.append(("bos", "yes" if options["prepend_bos"] else "no"))
    return steer_query(fields)
