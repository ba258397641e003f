-- Who may do what with the rows of the tables that there are now; run by their owner after every migration.
-- Nobody but the owner makes or changes tables. What opens files of strangers can make itself no account and no token.
BEGIN;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM rematch_api, rematch_worker, rematch_board;

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO rematch_api, rematch_worker;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO rematch_api, rematch_worker;
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM rematch_api, rematch_worker;
REVOKE INSERT, UPDATE, DELETE ON account, admin_act FROM rematch_worker;
REVOKE ALL ON access_token, idempotent_request FROM rematch_worker;

GRANT SELECT ON ALL TABLES IN SCHEMA public TO rematch_board;
REVOKE ALL ON access_token, idempotent_request, upload, admin_act FROM rematch_board;
COMMIT;
