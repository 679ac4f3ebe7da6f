-- OTHERS lets an assertion pass; an error in a handler goes outwards; FINALLY on every way out.
DO $$ BEGIN BEGIN ASSERT false, 'm'; EXCEPTION WHEN OTHERS THEN RAISE NOTICE 'never'; END; END $$;
DO $$ BEGIN BEGIN ASSERT false, 'm'; EXCEPTION WHEN assert_failure THEN RAISE NOTICE 'by name'; END; END $$;
DO $$ BEGIN BEGIN RAISE 'a'; EXCEPTION WHEN OTHERS THEN RAISE 'b'; WHEN raise_exception THEN NULL; END; EXCEPTION WHEN OTHERS THEN RAISE NOTICE 'outer %', SQLERRM; END $$;
CREATE FUNCTION f(k INT) RETURNS TEXT AS $$ DECLARE t TEXT := ''; BEGIN
  FOR i IN 1..1 LOOP TRY IF k = 1 THEN RAISE 'e'; ELSIF k = 2 THEN RETURN 'r'; ELSIF k = 3 THEN EXIT; END IF; FINALLY RAISE NOTICE 'finally'; END TRY; t := t || 'end'; END LOOP;
  RETURN t || '.'; END $$;
SELECT f(0); SELECT f(1); SELECT f(2); SELECT f(3);
-- expect: ERROR P0004 assert_failure: m
-- expect:   line 1, column 26
-- expect:   1 | DO $$ BEGIN BEGIN ASSERT false, 'm'; EXCEPTION WHEN OTHERS THEN RAISE NOTICE 'never'; END; END $$
-- expect:     |                          ^
-- expect:   in: block line 1
-- expect: NOTICE: by name
-- expect: NOTICE: outer b
-- expect: NOTICE: finally
-- expect: end.
-- expect: NOTICE: finally
-- expect: ERROR P0001 raise_exception: e
-- expect:   line 2, column 40
-- expect:   2 |   FOR i IN 1..1 LOOP TRY IF k = 1 THEN RAISE 'e'; ELSIF k = 2 THEN RETURN 'r'; ELSIF k = 3 THEN EXIT...
-- expect:     |                                        ^
-- expect:   in: function f line 2
-- expect: NOTICE: finally
-- expect: r
-- expect: NOTICE: finally
-- expect: .
