-- Shadowing warns, declaring twice is an error, a name is visible only behind its LET.
CREATE FUNCTION f() RETURNS TEXT AS $$ DECLARE x INT = 1; BEGIN DECLARE x TEXT = 'inner'; BEGIN RETURN x; END; RETURN x; END $$;
SELECT f();
CREATE FUNCTION g() RETURNS INT AS $$ BEGIN LET a = 1; LET a = 2; RETURN a; END $$;
CREATE FUNCTION h() RETURNS INT AS $$ BEGIN IF true THEN LET b = 1; END IF; RETURN b; END $$;
-- expect: WARNING 42712 duplicate_alias: variable "x" hides another one
-- expect:   line 1, column 73
-- expect:   1 | CREATE FUNCTION f() RETURNS TEXT AS $$ DECLARE x INT = 1; BEGIN DECLARE x TEXT = 'inner'; BEGIN RETU...
-- expect:     |                                                                         ^
-- expect: WARNING 01000 warning: this code is never reached
-- expect:   line 1, column 112
-- expect:   1 | ... x TEXT = 'inner'; BEGIN RETURN x; END; RETURN x; END $$
-- expect:     |                                            ^^^^^^^^
-- expect: inner
-- expect: WARNING 01000 warning: variable "a" is written but never read
-- expect:   line 1, column 49
-- expect:   1 | CREATE FUNCTION g() RETURNS INT AS $$ BEGIN LET a = 1; LET a = 2; RETURN a; END $$
-- expect:     |                                                 ^
-- expect: ERROR 42710 duplicate_object: variable "a" is declared twice
-- expect:   line 1, column 60
-- expect:   1 | CREATE FUNCTION g() RETURNS INT AS $$ BEGIN LET a = 1; LET a = 2; RETURN a; END $$
-- expect:     |                                                            ^
-- expect: WARNING 01000 warning: variable "b" is written but never read
-- expect:   line 1, column 62
-- expect:   1 | CREATE FUNCTION h() RETURNS INT AS $$ BEGIN IF true THEN LET b = 1; END IF; RETURN b; END $$
-- expect:     |                                                              ^
-- expect: ERROR 42703 undefined_column: variable "b" does not exist
-- expect:   line 1, column 84
-- expect:   1 | ... IF true THEN LET b = 1; END IF; RETURN b; END $$
-- expect:     |                                            ^
