-- EXECUTE with USING and INTO, NULL text, quoting by format.
CREATE FUNCTION f(t TEXT) RETURNS BIGINT AS $$ DECLARE n BIGINT; BEGIN EXECUTE format('SELECT count(*) FROM %I', t) INTO n; RETURN n; END $$;
SELECT f('users'); SELECT f('users; DELETE FROM users');
CREATE FUNCTION g(k TEXT) RETURNS TEXT AS $$ DECLARE n TEXT; BEGIN EXECUTE 'SELECT name FROM users WHERE name = $1' INTO n USING k; RETURN n; END $$;
SELECT g('Ann'); SELECT g('Ann'' OR ''a');
CREATE FUNCTION h(t TEXT) RETURNS INT AS $$ BEGIN EXECUTE t; RETURN 1; END $$;
SELECT h(NULL);
-- expect: 3
-- expect: ERROR 42P01 undefined_table: table "users; delete from users" does not exist
-- expect:   line 1, column 72
-- expect:   1 | CREATE FUNCTION f(t TEXT) RETURNS BIGINT AS $$ DECLARE n BIGINT; BEGIN EXECUTE format('SELECT count(...
-- expect:     |                                                                        ^
-- expect:   in: function f line 1
-- expect: Ann
-- expect: NULL
-- expect: ERROR 22004 null_value_not_allowed: the text of EXECUTE is NULL
-- expect:   line 1, column 51
-- expect:   1 | CREATE FUNCTION h(t TEXT) RETURNS INT AS $$ BEGIN EXECUTE t; RETURN 1; END $$
-- expect:     |                                                   ^
-- expect:   in: function h line 1
