-- LET with and without type, CONST, DECLARE, NOT NULL, ALIAS, defaults that use earlier variables.
CREATE FUNCTION f(p INT) RETURNS TEXT AS $$
DECLARE a INT := p + 1; b CONSTANT INT := a * 2; c TEXT NOT NULL = 'c' || b; q ALIAS FOR p; r ALIAS FOR $1;
BEGIN
  LET total = 0.5
  LET CONST k = 2
  LET w TEXT
  total := total + k;
  RETURN concat(a, b, c, q, r, total, w, k);
END $$;
SELECT f(1);
CREATE FUNCTION g() RETURNS INT AS $$ DECLARE c CONSTANT INT := 1; BEGIN c := 2; RETURN c; END $$;
CREATE FUNCTION h(v INT) RETURNS INT AS $$ DECLARE c INT NOT NULL := 1; BEGIN c := v; RETURN c; END $$;
SELECT h(NULL);
-- expect: 24c4112.52
-- expect: ERROR 22005 error_in_assignment: variable "c" is CONSTANT
-- expect:   line 1, column 74
-- expect:   1 | CREATE FUNCTION g() RETURNS INT AS $$ DECLARE c CONSTANT INT := 1; BEGIN c := 2; RETURN c; END $$
-- expect:     |                                                                          ^
-- expect: ERROR 22004 null_value_not_allowed: variable "c" must not be NULL
-- expect:   line 1, column 79
-- expect:   1 | CREATE FUNCTION h(v INT) RETURNS INT AS $$ DECLARE c INT NOT NULL := 1; BEGIN c := v; RETURN c; END ...
-- expect:     |                                                                               ^
-- expect:   in: function h line 1
