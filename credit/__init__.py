"""The credit domain: portfolios, features, labels, scores, reasons, promotion rules, and their database."""
