"""Asks models for a score: `score_request.py PORTFOLIO=URL[,URL...][@HOST] ...`; fails where none of the URLs answers.

A portfolio's URLs are its slots, or the gateway with the route's host name. Only the standard library: it runs in the
jobs image as text.
"""

import json
import sys
import urllib.error
import urllib.request

SECONDS = 10


def ask(url: str, host: str, body: object = None) -> dict[str, object]:
    """The JSON answer of one request."""
    headers = {"Content-Type": "application/json"} | ({"Host": host} if host else {})
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers)  # noqa: S310 - addresses come from the chart
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
        found: dict[str, object] = json.load(answer)
    return found


def score(address: str, portfolio: str, host: str) -> str:
    """One customer of whom nothing is known, scored: the model and the probability of default."""
    model = f"{address}/v2/models/{portfolio}"
    features = ask(model, host)["parameters"]["features"]  # type: ignore[index]
    if isinstance(features, str):
        features = json.loads(features)
    rows = {"name": "rows", "shape": [1, len(features)], "datatype": "FP64", "data": [None] * len(features)}
    answer = ask(f"{model}/infer", host, {"inputs": [rows]})
    return f"{answer['model_version']} answers {answer['outputs'][0]['data'][0]}"  # type: ignore[index]


def first_score(portfolio: str, addresses: list[str], host: str) -> str | None:
    """What the first address that answers said; None where none does, with each one's reason printed."""
    for address in addresses:
        try:
            return score(address, portfolio, host)
        except (OSError, urllib.error.HTTPError, ValueError, KeyError, TypeError) as error:
            print(f"{portfolio}: {address}: {error}")
    return None


def main(targets: list[str]) -> int:
    """Score one customer of every portfolio; 1 where one cannot be scored."""
    failed = 0
    for target in targets:
        portfolio, _, place = target.partition("=")
        urls, _, host = place.partition("@")
        answer = first_score(portfolio, urls.split(","), host)
        print(f"{portfolio}: {answer or 'no model answers; has one been trained and deployed?'}")
        failed += answer is None
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
