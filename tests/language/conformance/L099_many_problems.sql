-- All problems of a body come in one answer.
CREATE FUNCTION f(a INT) RETURNS INT AS $$
DECLARE x INT := 'abc'; y DATE := 5; unused TEXT;
BEGIN
  z := 1;
  IF a THEN x := b; END IF;
  RAISE NOTICE '%', x, y;
  EXIT;
  PERFORM nothing();
  FOR i IN 'a'..2 LOOP a.c := 1; END LOOP;
  RETURN DATE '2026-01-01';
END $$;
-- expect: ERROR 22P02 invalid_text_representation: 'abc' does not read as INTEGER
-- expect:   line 2, column 18
-- expect:   2 | DECLARE x INT := 'abc'; y DATE := 5; unused TEXT;
-- expect:     |                  ^^^^^
-- expect: ERROR 42804 datatype_mismatch: the value of "y" must be DATE, not INTEGER
-- expect:   line 2, column 35
-- expect:   2 | DECLARE x INT := 'abc'; y DATE := 5; unused TEXT;
-- expect:     |                                   ^
-- expect:   hint: No cast leads there.
-- expect: WARNING 01000 warning: variable "unused" is never used
-- expect:   line 2, column 38
-- expect:   2 | DECLARE x INT := 'abc'; y DATE := 5; unused TEXT;
-- expect:     |                                      ^^^^^^
-- expect: ERROR 42703 undefined_column: variable "z" does not exist
-- expect:   line 4, column 3
-- expect:   4 |   z := 1;
-- expect:     |   ^
-- expect: ERROR 42804 datatype_mismatch: the condition of IF must be BOOLEAN, not INTEGER
-- expect:   line 5, column 6
-- expect:   5 |   IF a THEN x := b; END IF;
-- expect:     |      ^
-- expect: ERROR 42703 undefined_column: variable "b" does not exist
-- expect:   line 5, column 18
-- expect:   5 |   IF a THEN x := b; END IF;
-- expect:     |                  ^
-- expect: ERROR 42601 syntax_error: the format has 1 places for 2 values
-- expect:   line 6, column 16
-- expect:   6 |   RAISE NOTICE '%', x, y;
-- expect:     |                ^^^
-- expect: ERROR 42601 syntax_error: EXIT stands outside of a loop
-- expect:   line 7, column 3
-- expect:   7 |   EXIT;
-- expect:     |   ^^^^
-- expect: WARNING 01000 warning: this code is never reached
-- expect:   line 8, column 3
-- expect:   8 |   PERFORM nothing();
-- expect:     |   ^^^^^^^^^^^^^^^^^
-- expect: ERROR 42703 undefined_column: column ")" does not exist
-- expect:   line 8, column 11
-- expect:   8 |   PERFORM nothing();
-- expect:     |           ^^^^^^^^^
-- expect: ERROR 42804 datatype_mismatch: the bounds of FOR are whole numbers, not VARCHAR
-- expect:   line 9, column 12
-- expect:   9 |   FOR i IN 'a'..2 LOOP a.c := 1; END LOOP;
-- expect:     |            ^^^
-- expect: ERROR 42809 wrong_object_type: a value of type INTEGER has no fields
-- expect:   line 9, column 26
-- expect:   9 |   FOR i IN 'a'..2 LOOP a.c := 1; END LOOP;
-- expect:     |                          ^
-- expect: ERROR 42804 datatype_mismatch: the result must be INTEGER, not DATE
-- expect:   line 10, column 10
-- expect:   10 |   RETURN DATE '2026-01-01';
-- expect:      |          ^^^^^^^^^^^^^^^^^
-- expect:   hint: No cast leads there.
