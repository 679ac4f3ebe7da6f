-- %TYPE, %ROWTYPE, RECORD; an unknown field.
CREATE FUNCTION f() RETURNS TEXT AS $$
DECLARE a users.name%TYPE = 'x'; u users%ROWTYPE; r RECORD; b a%TYPE = 'y';
BEGIN
  SELECT * INTO u FROM users WHERE id = 3; SELECT id, name INTO r FROM users WHERE id = 2;
  r := {'n': 1, 'm': u.name};
  RETURN concat(a, b, u.id, u.name, r.n, r.m);
END $$;
SELECT f();
CREATE FUNCTION g() RETURNS INT AS $$ DECLARE u users%ROWTYPE; BEGIN RETURN u.nam; END $$;
-- expect: xy3Cid1Cid
-- expect: ERROR 42703 undefined_column: field "nam" does not exist
-- expect:   line 1, column 79
-- expect:   1 | CREATE FUNCTION g() RETURNS INT AS $$ DECLARE u users%ROWTYPE; BEGIN RETURN u.nam; END $$
-- expect:     |                                                                               ^^^
-- expect:   hint: did you mean "name"?
