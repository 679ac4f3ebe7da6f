-- FOR up, down, BY, empty, at the end of BIGINT, NULL bound, BY 0; FOREACH; labels across levels.
CREATE FUNCTION f(a BIGINT, b BIGINT, s BIGINT) RETURNS TEXT AS $$ DECLARE t TEXT := ''; BEGIN FOR i IN a..b BY s LOOP t := t || i || ','; END LOOP; RETURN t; END $$;
SELECT f(1, 7, 3); SELECT f(2, 1, 1); SELECT f(9223372036854775806, 9223372036854775807, 1); SELECT f(1, NULL, 1); SELECT f(1, 2, 0);
CREATE FUNCTION r() RETURNS TEXT AS $$ DECLARE t TEXT := ''; BEGIN FOR i IN REVERSE 5..1 BY 2 LOOP t := t || i; END LOOP; RETURN t; END $$;
SELECT r();
CREATE FUNCTION l() RETURNS TEXT AS $$ DECLARE t TEXT := ''; x INT; BEGIN
  <<a>> LOOP
    FOREACH x IN ARRAY [1, 2, 3] LOOP CONTINUE WHEN x = 2; t := t || x; EXIT a WHEN length(t) > 3; END LOOP;
  END LOOP a;
  RETURN t; END $$;
SELECT l();
-- expect: 1,4,7,
-- expect: 9223372036854775806,9223372036854775807,
-- expect: ERROR 22004 null_value_not_allowed: a bound of FOR is NULL
-- expect:   line 1, column 105
-- expect:   1 | ...$$ DECLARE t TEXT := ''; BEGIN FOR i IN a..b BY s LOOP t := t || i || ','; END LOOP; RETURN t; END $...
-- expect:     |                                            ^
-- expect:   in: function f line 1
-- expect: ERROR 22023 invalid_parameter_value: the step of FOR must be greater than 0
-- expect:   line 1, column 105
-- expect:   1 | ...$$ DECLARE t TEXT := ''; BEGIN FOR i IN a..b BY s LOOP t := t || i || ','; END LOOP; RETURN t; END $...
-- expect:     |                                            ^
-- expect:   in: function f line 1
-- expect: 531
-- expect: 1313
