"""Labels by which people and NetworkPolicies find the workflows and their pods."""

from workflows import tokens

PORTFOLIO_LABEL = "blinkscoring.io/portfolio"


def labels(component: str) -> dict[str, str]:
    """The labels of an object or pod of `component`: score or train."""
    return {
        "app.kubernetes.io/name": "blink",
        "app.kubernetes.io/instance": tokens.RELEASE,
        "app.kubernetes.io/component": component,
    }
