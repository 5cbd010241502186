"""What the chart fills in: words that stand in the rendered files where an installation's own values belong."""

RELEASE = "__RELEASE__"
IMAGE = "__IMAGE__"
PULL_POLICY = "__PULL_POLICY__"
SCORER_SECRET = "__SCORER_SECRET__"  # noqa: S105 - a token, no secret
SCORER_KEY = "__SCORER_KEY__"
TRAINER_SECRET = "__TRAINER_SECRET__"  # noqa: S105 - a token, no secret
TRAINER_KEY = "__TRAINER_KEY__"
PORTFOLIO = "__PORTFOLIO__"
PORTFOLIO_SLUG = "__PORTFOLIO_SLUG__"
SCHEDULE = "__SCHEDULE__"
TIMEZONE = "__TIMEZONE__"
SHARDS = "__SHARDS__"
