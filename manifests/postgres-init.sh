#!/usr/bin/env bash
# Run once by the image, on an empty volume: the group roles of docs/database.md, and a login for each workload with the
# one that it needs. The migration's login makes the schema, as blink_owner; none of them is a superuser.
set -euo pipefail

password() { cat "/etc/passwords/$1"; }

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
	--set database="$POSTGRES_DB" --set owner="$(password owner)" --set scorer="$(password scorer)" \
	--set trainer="$(password trainer)" --set loader="$(password loader)" <<'SQL'
CREATE ROLE blink_owner NOLOGIN;
CREATE ROLE blink_loader NOLOGIN;
CREATE ROLE blink_scorer NOLOGIN;
CREATE ROLE blink_trainer NOLOGIN;
CREATE ROLE blink_reader NOLOGIN;

CREATE ROLE blink_login_owner LOGIN CREATEROLE PASSWORD :'owner';
CREATE ROLE blink_login_scorer LOGIN PASSWORD :'scorer';
CREATE ROLE blink_login_trainer LOGIN PASSWORD :'trainer';
CREATE ROLE blink_login_loader LOGIN PASSWORD :'loader';

GRANT blink_owner TO blink_login_owner WITH ADMIN OPTION;
GRANT blink_scorer TO blink_login_scorer;
GRANT blink_trainer TO blink_login_trainer;
GRANT blink_loader TO blink_login_loader;

REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CREATE ON DATABASE :"database" TO blink_login_owner;
-- To the groups: a session acts as its group, and loads through temporary tables.
GRANT CONNECT, TEMPORARY ON DATABASE :"database"
    TO blink_owner, blink_loader, blink_scorer, blink_trainer, blink_reader;
SQL
