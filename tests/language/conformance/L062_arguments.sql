-- Defaults, named, mixed, VARIADIC, OUT and INOUT through CALL.
CREATE FUNCTION f(a INT, b INT = 10, c TEXT = 'z') RETURNS TEXT RETURN concat(a, b, c);
CREATE FUNCTION g() RETURNS TEXT RETURN f(1) || f(1, 2) || f(1, c => 'q') || f(b := 5, a := 4);
SELECT g();
CREATE FUNCTION h() RETURNS TEXT RETURN f(1, d => 2);
CREATE FUNCTION bad(a INT = 1, b INT) RETURNS INT RETURN 1;
CREATE FUNCTION v(VARIADIC xs INT[]) RETURNS BIGINT RETURN len(xs);
CREATE FUNCTION w() RETURNS TEXT RETURN concat(v(1, 2, 3), v());
SELECT w();
CREATE PROCEDURE p(a INT, INOUT b INT, OUT c TEXT) BEGIN b := b + a; c := 'c' || b; END;
DO $$ DECLARE x BIGINT = 5; y TEXT; BEGIN CALL p(1, x, y); RAISE NOTICE '% %', x, y; END $$;
-- expect: 110z12z110q45z
-- expect: ERROR 42883 undefined_function: no function "f" takes these arguments
-- expect:   line 1, column 41
-- expect:   1 | CREATE FUNCTION h() RETURNS TEXT RETURN f(1, d => 2)
-- expect:     |                                         ^^^^^^^^^^^^
-- expect:   hint: There are: f(INTEGER, INTEGER, VARCHAR).
-- expect: ERROR 42P13 invalid_function_definition: a parameter behind one with a default needs one too
-- expect:   line 1, column 32
-- expect:   1 | CREATE FUNCTION bad(a INT = 1, b INT) RETURNS INT RETURN 1
-- expect:     |                                ^
-- expect: 30
-- expect: NOTICE: 6 c6
