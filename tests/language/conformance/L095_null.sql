-- NULL through operators, AND and OR, IN, BETWEEN, concat, comparisons.
CREATE FUNCTION f(a BOOLEAN, b BOOLEAN) RETURNS TEXT RETURN concat(coalesce((a AND b)::TEXT, 'null'), ' ', coalesce((a OR b)::TEXT, 'null'));
SELECT f(true, NULL); SELECT f(false, NULL); SELECT f(NULL, true); SELECT f(NULL, false); SELECT f(NULL, NULL);
CREATE FUNCTION g(a INT) RETURNS TEXT RETURN concat(a + 1 IS NULL, a = a IS NULL, a IN (1, 2) IS NULL, 1 IN (2, a) IS NULL, 1 IN (1, a), a BETWEEN 1 AND 2 IS NULL, a IS DISTINCT FROM NULL, NOT (a > 1) IS NULL, 'x' || a IS NULL);
SELECT g(NULL);
CREATE FUNCTION l() RETURNS TEXT RETURN concat([1, NULL] = [1, NULL], {'a': 1} = {'a': 1}, [1, 2] < [1, 3]);
SELECT l();
-- expect: null true
-- expect: false null
-- expect: null true
-- expect: false null
-- expect: null null
-- expect: truetruetruetruetruetruefalsefalsetrue
-- expect: truetruetrue
