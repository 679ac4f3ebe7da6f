-- SELECT INTO plain and STRICT, RETURNING INTO, FOUND and ROW_COUNT; a SELECT without target.
CREATE FUNCTION f(k INT) RETURNS TEXT AS $$ DECLARE n TEXT = 'before'; BEGIN SELECT name INTO n FROM users WHERE id = k; RETURN concat(n, FOUND); END $$;
SELECT f(1); SELECT f(9);
CREATE FUNCTION g(k INT) RETURNS TEXT AS $$ DECLARE n TEXT; BEGIN SELECT name INTO STRICT n FROM users WHERE id >= k; RETURN n; END $$;
SELECT g(3); SELECT g(1); SELECT g(9);
CREATE FUNCTION h() RETURNS TEXT AS $$ DECLARE x BIGINT; c BIGINT; BEGIN
  INSERT INTO log VALUES (5) RETURNING n INTO x; UPDATE log SET n = 6 WHERE n = 5; GET DIAGNOSTICS c = ROW_COUNT;
  DELETE FROM log WHERE n = 99; RETURN concat(x, c, FOUND); END $$;
SELECT h();
CREATE FUNCTION i() RETURNS INT AS $$ BEGIN SELECT id FROM users; RETURN 1; END $$;
-- expect: Anntrue
-- expect: false
-- expect: Cid
-- expect: ERROR P0003 too_many_rows: the query gave more than one row
-- expect:   line 1, column 67
-- expect:   1 | CREATE FUNCTION g(k INT) RETURNS TEXT AS $$ DECLARE n TEXT; BEGIN SELECT name INTO STRICT n FROM use...
-- expect:     |                                                                   ^
-- expect:   in: function g line 1
-- expect: ERROR P0002 no_data_found: the query gave no row
-- expect:   line 1, column 67
-- expect:   1 | CREATE FUNCTION g(k INT) RETURNS TEXT AS $$ DECLARE n TEXT; BEGIN SELECT name INTO STRICT n FROM use...
-- expect:     |                                                                   ^
-- expect:   in: function g line 1
-- expect: 51false
-- expect: ERROR 42601 syntax_error: the rows of this query go nowhere
-- expect:   line 1, column 45
-- expect:   1 | CREATE FUNCTION i() RETURNS INT AS $$ BEGIN SELECT id FROM users; RETURN 1; END $$
-- expect:     |                                             ^^^^^^^^^^^^^^^^^^^^
-- expect:   hint: Use PERFORM to drop them, or INTO to keep one.
