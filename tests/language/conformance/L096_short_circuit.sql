-- AND, OR, CASE and COALESCE stop as soon as the result is known.
CREATE FUNCTION f(i INT) RETURNS TEXT RETURN concat(i >= 0 AND sqrt(i) > 1, ' ', i < 0 OR sqrt(i) > 1, ' ', CASE WHEN i < 0 THEN 0 ELSE sqrt(i) END, ' ', coalesce(1, sqrt(i)));
SELECT f(-4); SELECT f(4);
CREATE FUNCTION g(i INT) RETURNS BOOLEAN RETURN sqrt(i) > 1 AND i >= 0;
SELECT g(-4);
-- expect: false true 0.0 1.0
-- expect: true true 2.0 1.0
-- expect: ERROR 2201F invalid_argument_for_power_function: square root of a negative number
-- expect:   line 1, column 49
-- expect:   1 | CREATE FUNCTION g(i INT) RETURNS BOOLEAN RETURN sqrt(i) > 1 AND i >= 0
-- expect:     |                                                 ^
-- expect:   in: function g line 1
