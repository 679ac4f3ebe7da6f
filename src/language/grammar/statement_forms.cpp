// The rows of the statement table, in the order of the reference.

#include "language/statement_table.hpp"

namespace kodiak::language {
namespace {

constexpr auto kHand = StatementOwner::kOursByHand;
constexpr auto kOurs = StatementOwner::kOurs;

constexpr StatementForm kForms[] = {
    {"BEGIN", kHand, true,
     "(BEGIN | START) [WORK | TRANSACTION] {ISOLATION LEVEL level | READ (ONLY | WRITE) | AS OF at:point}",
     "BEGIN READ ONLY AS OF COMMIT 42"},
    {"COMMIT", kHand, true,
     "(COMMIT | END) [WORK | TRANSACTION] {MESSAGE message:string | AUTHOR author:string | METADATA metadata:expr | "
     "ALLOW EMPTY | AND [NO] CHAIN}",
     "COMMIT MESSAGE 'nightly fix' METADATA {'ticket': 'K-17'}"},
    {"ROLLBACK", kHand, true, "(ROLLBACK | ABORT) [WORK | TRANSACTION] [TO [SAVEPOINT] name] [AND [NO] CHAIN]",
     "ROLLBACK TO SAVEPOINT a"},
    {"SAVEPOINT", kHand, true, "SAVEPOINT name", "SAVEPOINT a"},
    {"RELEASE", kHand, true, "RELEASE [SAVEPOINT] name", "RELEASE a"},
    {"SET TRANSACTION", kHand, true, "SET TRANSACTION {ISOLATION LEVEL level | READ (ONLY | WRITE)}",
     "SET TRANSACTION READ ONLY"},
    {"CHECKPOINT", kHand, true, "[FORCE] CHECKPOINT [name]", "CHECKPOINT"},
    {"UPSERT", kHand, true, "UPSERT INTO qname [(list(name))] [KEY (list(name))] (DEFAULT VALUES | query)",
     "UPSERT INTO users (id, name) VALUES (1, 'Alice')"},
    {"CREATE FUNCTION", kHand, true,
     "CREATE [OR REPLACE] FUNCTION qname ([list(parameter)]) [RETURNS result] {attribute} body",
     "CREATE FUNCTION net(gross DOUBLE) RETURNS DOUBLE RETURN gross / 1.19"},
    {"CREATE PROCEDURE", kHand, true, "CREATE [OR REPLACE] PROCEDURE qname ([list(parameter)]) {attribute} body",
     "CREATE PROCEDURE p() BEGIN NULL; END"},
    {"CREATE TEST", kHand, true, "CREATE [OR REPLACE] TEST qname [FOR qname] {attribute} body",
     "CREATE TEST t_net FOR net AS $$ BEGIN ASSERT net(119) = 100; END $$"},
    {"DO", kHand, true, "DO [LANGUAGE name] body", "DO $$ BEGIN RAISE NOTICE 'hello'; END $$"},
    {"CALL", kOurs, true, "CALL ! procedure:qname [([list(argument:argument)])]",
     "CALL settle(1, day => DATE '2026-01-01')"},
    {"DROP FUNCTION", kOurs, true,
     "DROP (FUNCTION | PROCEDURE | TEST | AGGREGATE) ! [IF EXISTS] name:qname [([list(type:type)])]",
     "DROP FUNCTION net(DOUBLE)"},
    {"CREATE AGGREGATE", kOurs, false, "CREATE AGGREGATE ! name:qname (list(type:type)) (list(key:name = value:expr))",
     "CREATE AGGREGATE total(INT) (SFUNC = add, STYPE = 'BIGINT', INITCOND = 0)"},
    {"RUN TESTS", kOurs, true, "RUN TESTS ! [FOR target:qname | LIKE pattern:string]", "RUN TESTS FOR net"},
    {"CHECK FUNCTION", kOurs, true, "CHECK FUNCTION ! (ALL | name:qname)", "CHECK FUNCTION ALL"},
    {"LET", kOurs, true, "LET name:name ! [type:type] (:= | =) value:expr", "LET rate = 0.19"},
    {"CREATE WATERMARK", kOurs, true, "CREATE WATERMARK ! name:name ON (ALL TABLES | list(table:qname)) [AT at:point]",
     "CREATE WATERMARK etl ON orders, users AT TIMESTAMP '2026-01-01'"},
    {"ADVANCE WATERMARK", kOurs, true, "ADVANCE WATERMARK ! name:name [TO to:point [FORCE]]", "ADVANCE WATERMARK etl"},
    {"DROP WATERMARK", kOurs, true, "DROP WATERMARK ! name:name", "DROP WATERMARK etl"},
    {"GET CHANGES", kOurs, true,
     "GET CHANGES ! [FROM list(table:qname)] SINCE since:from [UNTIL until:point] [ON BRANCH branch:name] [NET] [WITH "
     "PROOF]",
     "GET CHANGES FROM orders SINCE WATERMARK etl UNTIL COMMIT 42 NET"},
    {"CREATE SNAPSHOT", kOurs, true,
     "CREATE [OR REPLACE] (SNAPSHOT | TAG) ! name:name [AS OF at:point] [MESSAGE message:string]",
     "CREATE SNAPSHOT before_import MESSAGE 'safe'"},
    {"DROP SNAPSHOT", kOurs, true, "DROP (SNAPSHOT | TAG) ! [IF EXISTS] name:name", "DROP TAG IF EXISTS v1"},
    {"CREATE BRANCH", kOurs, false, "CREATE BRANCH ! [IF NOT EXISTS] name:name [FROM from:point]",
     "CREATE BRANCH dev FROM COMMIT 42"},
    {"SWITCH BRANCH", kOurs, false, "(SWITCH | CHECKOUT) ! [BRANCH] name:name", "SWITCH BRANCH dev"},
    {"ALTER BRANCH", kOurs, false, "ALTER BRANCH ! name:name (RENAME TO to:name | SET (list(key:name = value:expr)))",
     "ALTER BRANCH dev SET (protected = true)"},
    {"DROP BRANCH", kOurs, false, "DROP BRANCH ! [IF EXISTS] name:name [FORCE]", "DROP BRANCH dev FORCE"},
    {"RESET BRANCH", kOurs, false, "RESET BRANCH ! name:name TO to:point", "RESET BRANCH dev TO 'HEAD~1'"},
    {"MERGE BRANCH", kOurs, false,
     "MERGE BRANCH ! name:name [INTO into:name] [USING (OURS | THEIRS | MANUAL)] [SQUASH] [DRY RUN] [MESSAGE "
     "message:string]",
     "MERGE BRANCH dev INTO main MESSAGE 'v2'"},
    {"MERGE CONTINUE", kOurs, false, "MERGE (CONTINUE | ABORT) !", "MERGE CONTINUE"},
    {"SHOW CONFLICTS", kOurs, false, "SHOW CONFLICTS ! [FOR table:qname]", "SHOW CONFLICTS FOR orders"},
    {"RESOLVE CONFLICT", kOurs, false,
     "RESOLVE (CONFLICT | CONFLICTS) ! [FOR table:qname [KEY (list(key:expr))] [COLUMN column:name]] "
     "USING (OURS | THEIRS | BASE | VALUE value:expr)",
     "RESOLVE CONFLICT FOR t KEY (1) COLUMN v USING THEIRS"},
    {"DIFF", kOurs, false, "DIFF ! [TABLE table:qname] [FROM from:point] [TO to:point] [SCHEMA | DATA | SUMMARY]",
     "DIFF TABLE orders FROM BRANCH main TO BRANCH dev SUMMARY"},
    {"REVERT", kOurs, true, "REVERT COMMIT ! commit:id [TO to:id]", "REVERT COMMIT 42"},
    {"CHERRY PICK", kOurs, false, "CHERRY [-] PICK ! COMMIT commit:id", "CHERRY PICK COMMIT 42"},
    {"RESTORE TABLE", kOurs, true, "RESTORE TABLE ! table:qname AS OF at:point",
     "RESTORE TABLE orders AS OF SNAPSHOT v1"},
    {"RESTORE DATABASE AS OF", kOurs, true, "RESTORE DATABASE AS OF ! at:point", "RESTORE DATABASE AS OF SNAPSHOT v1"},
    {"UNDROP TABLE", kOurs, true, "UNDROP TABLE ! table:qname", "UNDROP TABLE orders"},
    {"CREATE TABLE CLONE", kOurs, false, "CREATE TABLE table:qname CLONE ! of:qname [AS OF at:point]",
     "CREATE TABLE orders2 CLONE orders AS OF TAG v1"},
    {"BLAME", kOurs, true, "BLAME ! table:qname [WHERE condition:expr]", "BLAME orders WHERE id = 7"},
    {"CREATE WORKSPACE", kOurs, false,
     "CREATE WORKSPACE ! name:name [FROM BRANCH branch:name] [SET (list(key:name = value:expr))]",
     "CREATE WORKSPACE alice FROM BRANCH main"},
    {"SWITCH WORKSPACE", kOurs, false, "(SWITCH | DROP) WORKSPACE ! name:name", "DROP WORKSPACE alice"},
    {"MERGE WORKSPACE", kOurs, false, "MERGE WORKSPACE ! name:name [INTO into:name]",
     "MERGE WORKSPACE alice INTO main"},
    {"PROVE", kOurs, true,
     "PROVE (COMMIT ! commit:id | ROW ! table:qname KEY (list(key:expr)) [AS OF at:point] | CHANGES ! table:qname "
     "SINCE since:from [UNTIL until:point] | "
     "CONSISTENCY ! FROM from:id TO to:id) [INTO path:string]",
     "PROVE ROW users KEY (1) INTO 'u1.proof.json'"},
    {"VERIFY", kOurs, false,
     "VERIFY (PROOF ! (FILE path:string | proof:string) [AGAINST ROOT root:string] | TIMELINE ! [SINCE since:point] | "
     "TABLE ! table:qname | DATABASE !)",
     "VERIFY PROOF FILE 'u1.proof.json'"},
    {"ERASE", kOurs, false, "ERASE FROM ! table:qname WHERE condition:expr REASON reason:string",
     "ERASE FROM users WHERE id = 7 REASON 'request 12'"},
    {"VACUUM", kOurs, false,
     "VACUUM ! [RETAIN retain:duration | DRY RUN | table:qname [RETAIN retain:duration] [DRY RUN]]",
     "VACUUM orders RETAIN 90d DRY RUN"},
    {"COMPACT", kOurs, false, "COMPACT (TABLE ! table:qname [TO (WARM | COLD)] | TIMELINE !)",
     "COMPACT TABLE orders TO COLD"},
    {"OPTIMIZE", kOurs, false, "OPTIMIZE ! [TABLE] [table:qname]", "OPTIMIZE TABLE orders"},
    {"ALTER DATABASE", kOurs, false, "ALTER DATABASE name:name SET ! (list(key:name = value:expr))",
     "ALTER DATABASE shop SET (retention = '90 days')"},
    {"CREATE TRIGGER", kOurs, true,
     "CREATE [OR REPLACE] TRIGGER ! name:name (BEFORE | AFTER | INSTEAD OF) event {OR event} ON table:qname "
     "[REFERENCING {(OLD | NEW) TABLE [AS] transition:name}] [FOR [EACH] (ROW | STATEMENT)] [WHEN (condition:expr)] "
     "EXECUTE (FUNCTION | PROCEDURE) function:qname [([list(argument:argument)])]",
     "CREATE TRIGGER audit AFTER UPDATE OF total ON orders FOR EACH ROW WHEN (OLD.total <> NEW.total) EXECUTE FUNCTION "
     "log_change"},
    {"ALTER TRIGGER", kOurs, true, "ALTER TRIGGER ! name:name ON table:qname (ENABLE | DISABLE)",
     "ALTER TRIGGER audit ON orders DISABLE"},
    {"DROP TRIGGER", kOurs, true, "DROP TRIGGER ! [IF EXISTS] name:name ON table:qname",
     "DROP TRIGGER audit ON orders"},
    {"CREATE CRON JOB", kOurs, false,
     "CREATE [OR REPLACE] CRON JOB ! name:name (SCHEDULE schedule:string | EVERY every:duration) [TIMEZONE "
     "zone:string] "
     "[ON BRANCH branch:name] EXECUTE (sql:string | CALL function:qname [([list(argument:argument)])] | "
     "DO body:query | function:qname [([list(argument:argument)])])",
     "CREATE CRON JOB roll SCHEDULE '0 3 * * *' TIMEZONE 'Europe/Berlin' EXECUTE rollup()"},
    {"ALTER CRON JOB", kOurs, false, "ALTER CRON JOB ! name:name (ENABLE | DISABLE | SCHEDULE schedule:string)",
     "ALTER CRON JOB roll DISABLE"},
    {"RUN CRON JOB", kOurs, false, "RUN CRON JOB ! name:name", "RUN CRON JOB roll"},
    {"DROP CRON JOB", kOurs, false, "DROP CRON JOB ! [IF EXISTS] name:name", "DROP CRON JOB IF EXISTS roll"},
    {"CREATE MATERIALIZED VIEW", kOurs, false,
     "CREATE [OR REPLACE] MATERIALIZED VIEW ! name:qname [INCREMENTAL] [REFRESH (ON COMMIT | EVERY every:duration | "
     "MANUAL)] "
     "AS query:query",
     "CREATE MATERIALIZED VIEW daily REFRESH ON COMMIT AS SELECT day, sum(total) FROM orders GROUP BY day"},
    {"REFRESH MATERIALIZED VIEW", kOurs, false, "REFRESH MATERIALIZED VIEW ! name:qname [FULL]",
     "REFRESH MATERIALIZED VIEW daily FULL"},
    {"DROP MATERIALIZED VIEW", kOurs, false, "DROP MATERIALIZED VIEW ! [IF EXISTS] name:qname",
     "DROP MATERIALIZED VIEW daily"},
    {"CREATE MODEL", kOurs, false,
     "CREATE [OR REPLACE] MODEL ! name:qname [KIND (VIEW | TABLE | INCREMENTAL BY (KEY | TIME) (list(column:name)))] "
     "[OWNER owner:name] AS query:query",
     "CREATE MODEL revenue KIND INCREMENTAL BY KEY (day) AS SELECT * FROM orders"},
    {"PLAN", kOurs, false, "PLAN ! [MODELS list(model:qname)] [IN WORKSPACE workspace:name]",
     "PLAN MODELS revenue IN WORKSPACE alice"},
    {"APPLY", kOurs, false, "APPLY ! [PLAN plan:id]", "APPLY PLAN 3"},
    {"CREATE SECRET", StatementOwner::kEngineMeaning, false,
     "CREATE [OR REPLACE] [PERSISTENT | TEMPORARY] SECRET ! [name:name] (TYPE type:name {, key:name value:expr})",
     "CREATE SECRET s3 (TYPE s3, key_id 'a', secret 'b')"},
    {"DROP SECRET", StatementOwner::kEngineMeaning, false,
     "DROP [PERSISTENT | TEMPORARY] SECRET ! [IF EXISTS] name:name", "DROP SECRET s3"},
    {"CREATE ROLE", kOurs, false, "CREATE (ROLE | USER) ! name:name [WITH] {option:name [value:string]}",
     "CREATE ROLE app"},
    {"ALTER ROLE", kOurs, false, "ALTER (ROLE | USER) ! name:name [WITH] {option:name [value:string]}",
     "ALTER ROLE app LOGIN"},
    {"DROP ROLE", kOurs, false, "DROP (ROLE | USER) ! [IF EXISTS] name:name", "DROP ROLE app"},
    {"SET ROLE", kOurs, false, "SET ROLE ! name:name", "SET ROLE app"},
    {"GRANT", kOurs, false,
     "GRANT ! list(right) [ON [TABLE | BRANCH | FUNCTION | SCHEMA] object:qname] TO list(role:name) [WITH GRANT "
     "OPTION]",
     "GRANT SELECT, UPDATE (total) ON orders TO app WITH GRANT OPTION"},
    {"REVOKE", kOurs, false,
     "REVOKE ! list(right) [ON [TABLE | BRANCH | FUNCTION | SCHEMA] object:qname] FROM list(role:name)",
     "REVOKE INSERT ON orders FROM app"},
    {"BACKUP DATABASE", kOurs, true, "BACKUP DATABASE ! [name:name] TO path:string [INCREMENTAL]",
     "BACKUP DATABASE TO 'b1' INCREMENTAL"},
    {"RESTORE DATABASE", kOurs, true, "RESTORE DATABASE FROM ! path:string TO to:string [AS OF at:point]",
     "RESTORE DATABASE FROM 'b1' TO 'shop2' AS OF COMMIT 42"},
    {"PUBLISH TABLE", kOurs, false,
     "PUBLISH TABLE ! table:qname AS (ICEBERG | DELTA) TO path:string [ON COMMIT | EVERY every:duration | MANUAL] "
     "[SECRET secret:name]",
     "PUBLISH TABLE sales AS ICEBERG TO 's3://b/sales' ON COMMIT"},
    {"UNPUBLISH TABLE", kOurs, false, "UNPUBLISH TABLE ! table:qname", "UNPUBLISH TABLE sales"},
    {"EXPLAIN FUNCTION", kOurs, true, "EXPLAIN [(list(option:word))] FUNCTION ! name:qname [([list(type:type)])]",
     "EXPLAIN (IR) FUNCTION settle(DATE)"},
    {"SHOW HISTORY", kOurs, true,
     "SHOW (COMMITS | LOG | SNAPSHOTS | TAGS | WATERMARKS) ! [FOR table:qname] [LIKE pattern:string] [LIMIT "
     "limit:integer]",
     "SHOW LOG FOR orders LIMIT 10"},
    {"SHOW", kOurs, false,
     "SHOW (BRANCHES | WORKSPACES | TRIGGERS | CRON JOBS | "
     "MATERIALIZED VIEWS | "
     "MODELS | PROCEDURES | TESTS | ROLES | GRANTS | STORAGE | TIERS | STATUS | PROCESSES | PUBLICATIONS | SECRETS) ! "
     "[FOR table:qname] [BRANCH branch:name] [LIKE pattern:string] [FROM schema:name] [LIMIT limit:integer]",
     "SHOW STORAGE FOR orders"},
    {"SHOW LINEAGE", kOurs, false, "SHOW LINEAGE ! FOR column:qname [UPSTREAM | DOWNSTREAM]",
     "SHOW LINEAGE FOR orders.total UPSTREAM"},
    {"SHOW CREATE", kOurs, false, "SHOW CREATE (TABLE | VIEW | FUNCTION | TRIGGER) ! name:qname",
     "SHOW CREATE FUNCTION net"},
    {"CANCEL QUERY", kOurs, false, "CANCEL QUERY ! query:id", "CANCEL QUERY 12"},
};

}  // namespace

std::span<const StatementForm> statement_forms() { return kForms; }

}  // namespace kodiak::language
