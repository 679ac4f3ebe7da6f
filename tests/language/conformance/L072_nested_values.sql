-- Structs, lists, enums, nested assignment, append, NULL struct; a wrong enum label.
CREATE FUNCTION f() RETURNS TEXT AS $$
DECLARE xs INT[] = [1, 2]; p STRUCT(x INT, y INT[]); q STRUCT(x INT, y INT[]); c mood = 'ok';
BEGIN
  xs[3] := 3; xs[5] := 5; p.x := 1; p.y[2] := 7; q := p; q.y[1] := 9;
  RETURN concat(xs, p, q, c, c < 'happy');
END $$;
SELECT f();
CREATE FUNCTION g(t TEXT) RETURNS TEXT AS $$ DECLARE c mood; BEGIN c := t; RETURN c; END $$;
SELECT g('sad'); SELECT g('angry');
-- expect: [1, 2, 3, NULL, 5]{'x': 1, 'y': [NULL, 7]}{'x': 1, 'y': [9, 7]}oktrue
-- expect: sad
-- expect: ERROR 22P02 invalid_text_representation: 'angry' does not read as mood
-- expect:   line 1, column 73
-- expect:   1 | CREATE FUNCTION g(t TEXT) RETURNS TEXT AS $$ DECLARE c mood; BEGIN c := t; RETURN c; END $$
-- expect:     |                                                                         ^
-- expect:   in: function g line 1
