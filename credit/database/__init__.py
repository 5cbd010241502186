"""The platform's PostgreSQL: schema, migrations, connections and statements."""
