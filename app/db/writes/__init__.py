"""The only writes to the database. Each function takes the session first, commits what it did, and leaves
nothing half done: an error rolls back what that call wrote.

A build's rows are committed as they come, but no page sees them until ``finish_build`` points its source at
the build.
"""

from app.db.writes.builds import (
    Process,
    cancel_build,
    clean_stale_builds,
    fail_build,
    finish_build,
    refuse_if_running,
    request_cancel,
    start_build,
    update_progress,
)
from app.db.writes.explanations import (
    HUMAN,
    MAX_AUTHOR,
    MAX_LABEL,
    NewExplanation,
    add_explanation,
    add_explanations,
    add_label,
    import_explanations,
    remove_explanation,
    replace_explanations,
    withdraw_label,
)
from app.db.writes.latents import write_latents, write_output_scores, write_prompts, write_quality
from app.db.writes.sources import register_source, remove_source, require_free_slug

__all__ = [
    "HUMAN",
    "MAX_AUTHOR",
    "MAX_LABEL",
    "NewExplanation",
    "Process",
    "add_explanation",
    "add_explanations",
    "add_label",
    "cancel_build",
    "clean_stale_builds",
    "fail_build",
    "finish_build",
    "import_explanations",
    "refuse_if_running",
    "register_source",
    "remove_explanation",
    "remove_source",
    "replace_explanations",
    "request_cancel",
    "require_free_slug",
    "start_build",
    "update_progress",
    "withdraw_label",
    "write_latents",
    "write_output_scores",
    "write_prompts",
    "write_quality",
]
