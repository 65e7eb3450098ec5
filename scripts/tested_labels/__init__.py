"""Labels of the bundled SAEs by rules that are tested: what words a latent fires on, and in what kind of text.

A rule is chosen on every other prompt of the demo's corpus, and its figures are taken on the rest. A latent fires where
its activation is above zero; the figures and the verdict are those of :mod:`models.statistics.label_tests`. Rules are
written and matched as on a latent's page (:mod:`app.labels.rules`), so that anybody can test them again.
"""
