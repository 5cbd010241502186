"""A lender's files and tables into the input tables: read, checked, refused or loaded."""
