-- Recursion, mutual recursion, and its limit.
CREATE FUNCTION fact(n INT) RETURNS HUGEINT BEGIN IF n <= 1 THEN RETURN 1; END IF; RETURN n * fact(n - 1); END;
SELECT fact(30);
CREATE FUNCTION odd(n INT) RETURNS BOOLEAN RETURN n <> 0;
CREATE FUNCTION even(n INT) RETURNS BOOLEAN BEGIN IF n = 0 THEN RETURN true; END IF; RETURN odd(n - 1); END;
CREATE OR REPLACE FUNCTION odd(n INT) RETURNS BOOLEAN BEGIN IF n = 0 THEN RETURN false; END IF; RETURN even(n - 1); END;
SELECT odd(7);
CREATE FUNCTION down(n INT) RETURNS INT BEGIN IF n = 0 THEN RETURN 0; END IF; RETURN down(n - 1); END;
SELECT down(999); SELECT down(1000);
-- expect: 265252859812191058636308480000000
-- expect: true
-- expect: 0
-- expect: ERROR 54001 statement_too_complex: calls are nested deeper than 1000
-- expect:   line 1, column 86
-- expect:   1 | ... IF n = 0 THEN RETURN 0; END IF; RETURN down(n - 1); END
-- expect:     |                                            ^
-- expect:   in: function down line 1, function down line 1, function down line 1, function down line 1, function down line 1, function down line 1, function down line 1, function down line 1, function down line 1, function down line 1, function down line 1, function down line 1, function down line 1, function down line 1, function down line 1, function down line 1, function down line 1, function down line 1, function down line 1, function down line 1, ...
