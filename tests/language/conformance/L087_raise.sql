-- RAISE: levels, formats, options, SQLSTATE, conditions, again; a wrong count of places.
DO $$ BEGIN RAISE DEBUG 'd'; RAISE LOG 'l'; RAISE INFO 'i'; RAISE NOTICE 'n % %% %', 1, NULL; RAISE WARNING 'w'; END $$;
DO $$ BEGIN RAISE EXCEPTION 'plain %', 1 USING DETAIL = 'd', HINT = 'h'; END $$;
DO $$ BEGIN RAISE division_by_zero; END $$;
DO $$ BEGIN RAISE SQLSTATE 'KD005'; END $$;
DO $$ BEGIN RAISE 'own' USING ERRCODE = 'ZZ001'; END $$;
DO $$ BEGIN BEGIN RAISE 'first'; EXCEPTION WHEN OTHERS THEN RAISE; END; END $$;
DO $$ BEGIN RAISE NOTICE 'a %'; END $$;
-- expect: DEBUG: d
-- expect: LOG: l
-- expect: INFO: i
-- expect: NOTICE: n 1 % <NULL>
-- expect: WARNING: w
-- expect: ERROR P0001 raise_exception: plain 1
-- expect:   line 1, column 13
-- expect:   1 | DO $$ BEGIN RAISE EXCEPTION 'plain %', 1 USING DETAIL = 'd', HINT = 'h'; END $$
-- expect:     |             ^
-- expect:   detail: d
-- expect:   hint: h
-- expect:   in: block line 1
-- expect: ERROR 22012 division_by_zero: division_by_zero
-- expect:   line 1, column 13
-- expect:   1 | DO $$ BEGIN RAISE division_by_zero; END $$
-- expect:     |             ^
-- expect:   in: block line 1
-- expect: ERROR KD005 merge_conflict: KD005
-- expect:   line 1, column 13
-- expect:   1 | DO $$ BEGIN RAISE SQLSTATE 'KD005'; END $$
-- expect:     |             ^
-- expect:   in: block line 1
-- expect: ERROR ZZ001: own
-- expect:   line 1, column 13
-- expect:   1 | DO $$ BEGIN RAISE 'own' USING ERRCODE = 'ZZ001'; END $$
-- expect:     |             ^
-- expect:   in: block line 1
-- expect: ERROR P0001 raise_exception: first
-- expect:   line 1, column 19
-- expect:   1 | DO $$ BEGIN BEGIN RAISE 'first'; EXCEPTION WHEN OTHERS THEN RAISE; END; END $$
-- expect:     |                   ^
-- expect:   in: block line 1
-- expect: ERROR 42601 syntax_error: the format has 1 places for 0 values
-- expect:   line 1, column 26
-- expect:   1 | DO $$ BEGIN RAISE NOTICE 'a %'; END $$
-- expect:     |                          ^^^^^
