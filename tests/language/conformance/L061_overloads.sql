-- Overloads by type and count; a tie names its candidates; a replacement keeps the result type.
CREATE FUNCTION f(a INT) RETURNS TEXT RETURN 'int';
CREATE FUNCTION f(a TEXT) RETURNS TEXT RETURN 'text';
CREATE FUNCTION f(a INT, b INT) RETURNS TEXT RETURN 'two';
CREATE FUNCTION g() RETURNS TEXT RETURN f(1) || f('x') || f(1, 2);
SELECT g();
CREATE FUNCTION t(a BIGINT, b INT) RETURNS INT RETURN 1;
CREATE FUNCTION t(a INT, b BIGINT) RETURNS INT RETURN 2;
CREATE FUNCTION u() RETURNS INT RETURN t(1, 2);
CREATE OR REPLACE FUNCTION f(a INT) RETURNS INT RETURN 1;
CREATE OR REPLACE FUNCTION f(a INT) RETURNS TEXT RETURN 'new';
SELECT g();
-- expect: inttexttwo
-- expect: ERROR 42725 ambiguous_function: the call fits several functions "t"
-- expect:   line 1, column 40
-- expect:   1 | CREATE FUNCTION u() RETURNS INT RETURN t(1, 2)
-- expect:     |                                        ^^^^^^^
-- expect:   hint: There are: t(BIGINT, INTEGER), t(INTEGER, BIGINT).
-- expect: ERROR 42P13 invalid_function_definition: a replacement cannot change the result from VARCHAR to INTEGER
-- expect:   line 1, column 28
-- expect:   1 | CREATE OR REPLACE FUNCTION f(a INT) RETURNS INT RETURN 1
-- expect:     |                            ^
-- expect:   hint: Drop the function first.
-- expect: newtexttwo
