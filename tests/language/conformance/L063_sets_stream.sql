-- RETURN NEXT and RETURN QUERY stream: a LIMIT over an endless generator ends.
CREATE FUNCTION endless() RETURNS SETOF BIGINT AS $$ DECLARE n BIGINT := 0; BEGIN LOOP n := n + 1; RETURN NEXT n; END LOOP; END $$;
SELECT * FROM endless() LIMIT 3;
CREATE FUNCTION numbers() RETURNS SETOF BIGINT AS $$ BEGIN RETURN QUERY SELECT range FROM range(0, 1000000000000); END $$;
SELECT * FROM numbers() LIMIT 2;
CREATE FUNCTION pairs(n INT) RETURNS TABLE (a INT, b TEXT) AS $$ BEGIN FOR i IN 1..n LOOP a := i; b := 'x' || i; RETURN NEXT; END LOOP; END $$;
SELECT * FROM pairs(2);
CREATE FUNCTION dynamic(k INT) RETURNS SETOF TEXT AS $$ BEGIN RETURN QUERY EXECUTE 'SELECT name FROM users WHERE id > $1' USING k; END $$;
SELECT * FROM dynamic(1);
CREATE FUNCTION no_value() RETURNS BIGINT RETURN endless();
-- expect: 1
-- expect: 2
-- expect: 3
-- expect: 0
-- expect: 1
-- expect: {'a': 1, 'b': x1}
-- expect: {'a': 2, 'b': x2}
-- expect: Bob
-- expect: Cid
-- expect: ERROR 0A000 feature_not_supported: "endless" gives a set of rows, not one value
-- expect:   line 1, column 50
-- expect:   1 | CREATE FUNCTION no_value() RETURNS BIGINT RETURN endless()
-- expect:     |                                                  ^^^^^^^^^
-- expect:   hint: Read it with FOR row IN SELECT * FROM endless(...).
