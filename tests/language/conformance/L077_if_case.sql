-- IF, ELSIF, CASE of both kinds, a missing ELSE; NULL is not true; an integer is no condition.
CREATE FUNCTION f(n INT) RETURNS TEXT AS $$ BEGIN
  IF n > 10 THEN RETURN 'big'; ELSIF n > 5 THEN RETURN 'middle'; ELSEIF n IS NULL THEN RETURN 'null'; ELSE RETURN 'small'; END IF;
END $$;
SELECT f(11); SELECT f(7); SELECT f(NULL); SELECT f(1);
CREATE FUNCTION g(n INT) RETURNS TEXT AS $$ BEGIN CASE n WHEN 1, 2 THEN RETURN 'few'; WHEN 3 THEN RETURN 'three'; END CASE; END $$;
SELECT g(2); SELECT g(3); SELECT g(4);
CREATE FUNCTION h(n INT) RETURNS TEXT AS $$ BEGIN CASE WHEN n > 2 THEN RETURN 'a'; ELSE RETURN 'b'; END CASE; END $$;
SELECT h(3); SELECT h(NULL);
CREATE FUNCTION bad() RETURNS INT AS $$ BEGIN IF 1 THEN RETURN 1; END IF; RETURN 0; END $$;
-- expect: big
-- expect: middle
-- expect: null
-- expect: small
-- expect: few
-- expect: three
-- expect: ERROR 20000 case_not_found: no WHEN of CASE fits
-- expect:   line 1, column 51
-- expect:   1 | CREATE FUNCTION g(n INT) RETURNS TEXT AS $$ BEGIN CASE n WHEN 1, 2 THEN RETURN 'few'; WHEN 3 THEN RE...
-- expect:     |                                                   ^
-- expect:   hint: Add an ELSE.
-- expect:   in: function g line 1
-- expect: a
-- expect: b
-- expect: ERROR 42804 datatype_mismatch: the condition of IF must be BOOLEAN, not INTEGER
-- expect:   line 1, column 50
-- expect:   1 | CREATE FUNCTION bad() RETURNS INT AS $$ BEGIN IF 1 THEN RETURN 1; END IF; RETURN 0; END $$
-- expect:     |                                                  ^
