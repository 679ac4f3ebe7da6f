-- A missing RETURN at compile time and at run time; code that is never reached.
CREATE FUNCTION f() RETURNS INT AS $$ BEGIN NULL; END $$;
CREATE FUNCTION g(b BOOLEAN) RETURNS INT AS $$ BEGIN IF b THEN RETURN 1; END IF; END $$;
SELECT g(true); SELECT g(false);
CREATE FUNCTION h() RETURNS INT AS $$ BEGIN RETURN 1; RAISE NOTICE 'never'; END $$;
SELECT h();
-- expect: ERROR 2F005 function_executed_no_return_statement: the function never returns a value
-- expect:   line 1, column 53
-- expect:   1 | CREATE FUNCTION f() RETURNS INT AS $$ BEGIN NULL; END $$
-- expect:     |                                                     ^
-- expect:   hint: End it with RETURN, or declare it RETURNS VOID.
-- expect: 1
-- expect: ERROR 2F005 function_executed_no_return_statement: the function reached its end without RETURN
-- expect:   line 1, column 84
-- expect:   1 | ... $$ BEGIN IF b THEN RETURN 1; END IF; END $$
-- expect:     |                                            ^
-- expect:   in: function g line 1
-- expect: WARNING 01000 warning: this code is never reached
-- expect:   line 1, column 55
-- expect:   1 | CREATE FUNCTION h() RETURNS INT AS $$ BEGIN RETURN 1; RAISE NOTICE 'never'; END $$
-- expect:     |                                                       ^^^^^^^^^^^^^^^^^^^^
-- expect: 1
