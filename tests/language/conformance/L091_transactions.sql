-- COMMIT and ROLLBACK in procedures; refused in functions and inside of handlers.
CREATE PROCEDURE p() AS $$ BEGIN INSERT INTO log VALUES (1); COMMIT MESSAGE 'one'; INSERT INTO log VALUES (2); ROLLBACK; END $$;
CALL p();
DO $$ DECLARE c BIGINT; BEGIN SELECT count(*) INTO c FROM log; RAISE NOTICE '%', c; END $$;
CREATE FUNCTION f() RETURNS INT AS $$ BEGIN COMMIT; RETURN 1; END $$;
CREATE PROCEDURE q() AS $$ BEGIN BEGIN ROLLBACK; EXCEPTION WHEN OTHERS THEN NULL; END; END $$;
CREATE PROCEDURE r() AS $$ BEGIN SAVEPOINT a; END $$;
-- expect: NULL
-- expect: NOTICE: 1
-- expect: ERROR 2D000 invalid_transaction_termination: COMMIT is not allowed in a function
-- expect:   line 1, column 45
-- expect:   1 | CREATE FUNCTION f() RETURNS INT AS $$ BEGIN COMMIT; RETURN 1; END $$
-- expect:     |                                             ^^^^^^
-- expect:   hint: Use a procedure.
-- expect: ERROR 2D000 invalid_transaction_termination: ROLLBACK is not allowed inside of a block with handlers
-- expect:   line 1, column 40
-- expect:   1 | CREATE PROCEDURE q() AS $$ BEGIN BEGIN ROLLBACK; EXCEPTION WHEN OTHERS THEN NULL; END; END $$
-- expect:     |                                        ^^^^^^^^
-- expect: ERROR 0A000 feature_not_supported: savepoints by name are not allowed in code
-- expect:   line 1, column 34
-- expect:   1 | CREATE PROCEDURE r() AS $$ BEGIN SAVEPOINT a; END $$
-- expect:     |                                  ^^^^^^^^^
-- expect:   hint: Use a TRY block.
