"""The portfolio that a command names: built in, one of the operator's folder, or a file."""

from blink.settings import Settings
from credit.portfolio_file import load_portfolio
from credit.portfolios import Portfolio


def named_portfolio(reference: str, settings: Settings) -> Portfolio:
    """The portfolio of that name or path.

    Raises:
        PortfolioError: where there is none, with all names that there are, or its file is wrong.
    """
    return load_portfolio(reference, folder=settings.portfolio_dir)
