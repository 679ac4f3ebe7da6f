-- Overflow is an error, never a wrap.
CREATE FUNCTION t(a TINYINT, b TINYINT) RETURNS TINYINT RETURN a * b;
CREATE FUNCTION s(a SMALLINT) RETURNS SMALLINT RETURN a + 1;
CREATE FUNCTION i(a INT) RETURNS INT RETURN a - 1;
CREATE FUNCTION b(a BIGINT) RETURNS BIGINT RETURN -a;
CREATE FUNCTION h(a HUGEINT) RETURNS HUGEINT RETURN a + a;
CREATE FUNCTION u(a UTINYINT) RETURNS UTINYINT RETURN a - 1;
CREATE FUNCTION d(a DECIMAL(4,2)) RETURNS DECIMAL(4,2) RETURN a + a;
CREATE FUNCTION ab(a INT) RETURNS INT RETURN abs(a);
SELECT t(11, 11); SELECT t(12, 12); SELECT s(32767); SELECT i(-2147483648); SELECT b(-9223372036854775808); SELECT h(170141183460469231731687303715884105727);
SELECT u(0); SELECT d(49.99); SELECT d(50.00); SELECT ab(-2147483648); SELECT ab(-5);
-- expect: 121
-- expect: ERROR 22003 numeric_value_out_of_range: the result does not fit TINYINT
-- expect:   line 1, column 66
-- expect:   1 | CREATE FUNCTION t(a TINYINT, b TINYINT) RETURNS TINYINT RETURN a * b
-- expect:     |                                                                  ^
-- expect:   in: function t line 1
-- expect: ERROR 22003 numeric_value_out_of_range: the result does not fit SMALLINT
-- expect:   line 1, column 57
-- expect:   1 | CREATE FUNCTION s(a SMALLINT) RETURNS SMALLINT RETURN a + 1
-- expect:     |                                                         ^
-- expect:   in: function s line 1
-- expect: ERROR 22003 numeric_value_out_of_range: the result does not fit INTEGER
-- expect:   line 1, column 47
-- expect:   1 | CREATE FUNCTION i(a INT) RETURNS INT RETURN a - 1
-- expect:     |                                               ^
-- expect:   in: function i line 1
-- expect: ERROR 22003 numeric_value_out_of_range: the result does not fit BIGINT
-- expect:   line 1, column 51
-- expect:   1 | CREATE FUNCTION b(a BIGINT) RETURNS BIGINT RETURN -a
-- expect:     |                                                   ^
-- expect:   in: function b line 1
-- expect: ERROR 22003 numeric_value_out_of_range: the result does not fit HUGEINT
-- expect:   line 1, column 55
-- expect:   1 | CREATE FUNCTION h(a HUGEINT) RETURNS HUGEINT RETURN a + a
-- expect:     |                                                       ^
-- expect:   in: function h line 1
-- expect: ERROR 22003 numeric_value_out_of_range: the result does not fit UTINYINT
-- expect:   line 1, column 57
-- expect:   1 | CREATE FUNCTION u(a UTINYINT) RETURNS UTINYINT RETURN a - 1
-- expect:     |                                                         ^
-- expect:   in: function u line 1
-- expect: 99.98
-- expect: ERROR 22003 numeric_value_out_of_range: value 100.00 is out of range for DECIMAL(4,2)
-- expect:   line 1, column 63
-- expect:   1 | CREATE FUNCTION d(a DECIMAL(4,2)) RETURNS DECIMAL(4,2) RETURN a + a
-- expect:     |                                                               ^
-- expect:   in: function d line 1
-- expect: ERROR 22003 numeric_value_out_of_range: the result does not fit INTEGER
-- expect:   line 1, column 46
-- expect:   1 | CREATE FUNCTION ab(a INT) RETURNS INT RETURN abs(a)
-- expect:     |                                              ^
-- expect:   in: function ab line 1
-- expect: 5
