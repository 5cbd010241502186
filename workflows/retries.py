"""Which ends of a step are worth another try."""

from workflows.exact_models import Backoff, IntOrString, RetryStrategy

_TRY_AGAIN = "[-1, 75, 137, 143]"
"""-1: the pod went before its container could say anything (evicted, its node lost); 75: `blink` asks for it;
137, 143: killed or told to stop (also out of memory, which then happens again until the limit)."""

_FOR_GOOD = "[1, 2, 78]"
"""Failed, wrong call, wrong configuration: the same again."""

# Argo's status Error: the pod was deleted or could not be made, or argoexec itself failed (64, 65 and others).
WORTH_ANOTHER_TRY = (
    f"asInt(lastRetry.exitCode) in {_TRY_AGAIN}"
    f" or (lastRetry.status == 'Error' and asInt(lastRetry.exitCode) not in {_FOR_GOOD})"
)


def retry(*, limit: int, seconds: int, cap_seconds: int) -> RetryStrategy:
    """Up to `limit` more tries, the first after `seconds`, then twice as long each, `cap_seconds` at most."""
    return RetryStrategy(
        limit=IntOrString(limit),
        retry_policy="Always",  # which ones is said by the expression alone
        expression=WORTH_ANOTHER_TRY,
        backoff=Backoff(duration=f"{seconds}s", factor=IntOrString(2), cap=f"{cap_seconds}s"),
    )
