#!/usr/bin/env bash
# Sets up an empty PGDATA, runs what lies in /docker-entrypoint-initdb.d against a server that no network reaches, then
# becomes the server.
set -euo pipefail

export POSTGRES_USER=${POSTGRES_USER:-postgres}
export POSTGRES_DB=${POSTGRES_DB:-$POSTGRES_USER}

set_up() {
	mkdir -p "$PGDATA" && chmod 700 "$PGDATA"
	initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") --auth-local=trust \
		--auth-host=scram-sha-256 --encoding=UTF8
	printf 'host all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
	pg_ctl --wait --options="-c listen_addresses=''" start
	[[ $POSTGRES_DB == postgres ]] || createdb --username="$POSTGRES_USER" "$POSTGRES_DB"
	local script
	for script in /docker-entrypoint-initdb.d/*.sh; do
		[[ -e $script ]] && "$script"
	done
	pg_ctl --wait --mode=fast stop
}

if [[ ${1:-postgres} == postgres ]]; then
	[[ -s $PGDATA/PG_VERSION ]] || set_up
	exec postgres -c listen_addresses='*' "${@:2}"
fi
exec "$@"
