-- Division and rounding in both modes.
CREATE FUNCTION f(a INT, b INT) RETURNS TEXT RETURN concat(a / b, ' ', a // b, ' ', a % b);
SELECT f(7, 2); SELECT f(-7, 2); SELECT f(7, 0);
CREATE FUNCTION g(a INT, b INT) RETURNS TEXT LANGUAGE plpgsql AS $$ BEGIN RETURN concat(a / b, ' ', a % b); END $$;
SELECT g(7, 2); SELECT g(-7, 2); SELECT g(7, 0);
CREATE FUNCTION r(d DECIMAL(5,2), x DOUBLE) RETURNS TEXT RETURN concat(d::INT, ' ', x::INT, ' ', round(d), ' ', d::DECIMAL(4,1));
SELECT r(2.50, 2.5); SELECT r(-2.50, 3.5); SELECT r(1.25, -0.5);
CREATE FUNCTION n() RETURNS TEXT RETURN concat('nan'::DOUBLE = 'nan'::DOUBLE, ' ', 'nan'::DOUBLE > 1e308, ' ', -('inf'::DOUBLE), ' ', 0.1 + 0.2 = 0.3);
SELECT n();
-- expect: 3.5 3 1
-- expect: -3.5 -3 -1
-- expect: inf  
-- expect: 3 1
-- expect: -3 -1
-- expect: ERROR 22012 division_by_zero: division by zero
-- expect:   line 1, column 91
-- expect:   1 | ...AGE plpgsql AS $$ BEGIN RETURN concat(a / b, ' ', a % b); END $$
-- expect:     |                                            ^
-- expect:   in: function g line 1
-- expect: 3 2 3 2.5
-- expect: -3 4 -3 -2.5
-- expect: 1 0 1 1.3
-- expect: true true -inf true
