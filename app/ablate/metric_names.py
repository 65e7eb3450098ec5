"""What the metric of a causal question is called, and its unit."""

METRIC_NAMES = {
    "log_prob": ("log-prob of the target", "nats"),
    "logit_difference": ("logit difference", "logits"),
}
