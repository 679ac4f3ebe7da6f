-- Cursors: parameters, FETCH kinds, MOVE, SCROLL; not open, open already, forward only.
CREATE FUNCTION f() RETURNS TEXT AS $$
DECLARE c SCROLL CURSOR (k INT) FOR SELECT id FROM users WHERE id >= k; i INT; t TEXT := '';
BEGIN
  OPEN c(1); FETCH LAST FROM c INTO i; t := t || i; FETCH PRIOR FROM c INTO i; t := t || i; FETCH FIRST FROM c INTO i; t := t || i;
  FETCH ABSOLUTE 2 FROM c INTO i; t := t || i; FETCH RELATIVE -1 FROM c INTO i; t := t || i; FETCH ABSOLUTE 9 FROM c INTO i; t := concat(t, i, FOUND);
  MOVE FIRST FROM c; FETCH NEXT FROM c INTO i; t := t || i; CLOSE c;
  RETURN t;
END $$;
SELECT f();
CREATE FUNCTION g() RETURNS INT AS $$ DECLARE c CURSOR FOR SELECT id FROM users; i INT; BEGIN FETCH c INTO i; RETURN i; END $$;
SELECT g();
CREATE FUNCTION h() RETURNS INT AS $$ DECLARE c CURSOR FOR SELECT id FROM users; BEGIN OPEN c; OPEN c; RETURN 1; END $$;
SELECT h();
CREATE FUNCTION i() RETURNS INT AS $$ DECLARE c CURSOR FOR SELECT id FROM users; i INT; BEGIN OPEN c; FETCH PRIOR FROM c INTO i; RETURN i; END $$;
SELECT i();
-- expect: 32121false2
-- expect: ERROR 24000 invalid_cursor_state: the cursor is not open
-- expect:   line 1, column 95
-- expect:   1 | ... FOR SELECT id FROM users; i INT; BEGIN FETCH c INTO i; RETURN i; END $$
-- expect:     |                                            ^
-- expect:   in: function g line 1
-- expect: ERROR 42P03 duplicate_cursor: cursor "c" is open already
-- expect:   line 1, column 96
-- expect:   1 | ...FOR SELECT id FROM users; BEGIN OPEN c; OPEN c; RETURN 1; END $$
-- expect:     |                                            ^
-- expect:   in: function h line 1
-- expect: ERROR 55000 object_not_in_prerequisite_state: the cursor only goes forward
-- expect:   line 1, column 103
-- expect:   1 | ...ECT id FROM users; i INT; BEGIN OPEN c; FETCH PRIOR FROM c INTO i; RETURN i; END $$
-- expect:     |                                            ^
-- expect:   hint: Declare it SCROLL.
-- expect:   in: function i line 1
