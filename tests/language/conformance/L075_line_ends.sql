-- Line ends instead of `;` where nothing can go on, and nowhere else.
CREATE FUNCTION f() RETURNS INT AS $$
DECLARE a INT = 1
        b INT = 2
BEGIN
  LET c = a +
    b
  c := c
    + 1
  IF c > 3 THEN
    c := c * 10
  END IF
  FOR i IN 1..2 LOOP
    c := c + i
  END LOOP
  RETURN c
END $$;
SELECT f();
CREATE FUNCTION g() RETURNS INT AS $$ BEGIN LET a = 1 LET b = 2; RETURN a; END $$;
-- expect: 43
-- expect: ERROR 42601 syntax_error: unexpected LET, expected ;
-- expect:   line 1, column 55
-- expect:   1 | CREATE FUNCTION g() RETURNS INT AS $$ BEGIN LET a = 1 LET b = 2; RETURN a; END $$
-- expect:     |                                                       ^^^
