#!/bin/bash
# Run by the image of PostgreSQL on an empty volume: the owner of the tables, and those who use them. Run again in the
# container, it gives them the passwords of its environment: that is how passwords are changed.
set -eu
psql --set=ON_ERROR_STOP=1 --no-psqlrc --quiet --username=postgres --dbname=rematch <<'SQL'
\getenv owner_password POSTGRES_OWNER_PASSWORD
\getenv api_password POSTGRES_API_PASSWORD
\getenv worker_password POSTGRES_WORKER_PASSWORD
\getenv board_password POSTGRES_BOARD_PASSWORD
SELECT format('CREATE ROLE %I LOGIN', name)
FROM unnest(ARRAY['rematch_owner', 'rematch_api', 'rematch_worker', 'rematch_board']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE rematch_owner PASSWORD :'owner_password';
ALTER ROLE rematch_api PASSWORD :'api_password';
ALTER ROLE rematch_worker PASSWORD :'worker_password';
ALTER ROLE rematch_board PASSWORD :'board_password';
ALTER ROLE rematch_board SET default_transaction_read_only = on;

REVOKE ALL ON DATABASE rematch FROM PUBLIC;
GRANT CONNECT ON DATABASE rematch TO rematch_owner, rematch_api, rematch_worker, rematch_board;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO rematch_owner;
GRANT USAGE ON SCHEMA public TO rematch_api, rematch_worker, rematch_board;
SQL
