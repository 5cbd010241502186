"""A lender's own table looked at column by column, and a portfolio's file proposed from what was seen."""
