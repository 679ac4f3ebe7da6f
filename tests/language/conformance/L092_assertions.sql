-- ASSERT with a condition, RAISES, EQUAL and EMPTY.
DO $$ BEGIN ASSERT 1 = 1; END $$;
DO $$ BEGIN ASSERT RAISES unique_violation (INSERT INTO users VALUES (1, 'x')); END $$;
DO $$ BEGIN ASSERT RAISES '23505' (INSERT INTO users VALUES (7, 'x')); END $$;
DO $$ BEGIN ASSERT EQUAL (SELECT id FROM users ORDER BY id DESC) (SELECT id FROM users); END $$;
DO $$ BEGIN ASSERT EQUAL (SELECT id FROM users ORDER BY id DESC) (SELECT id FROM users) IN ORDER; END $$;
DO $$ BEGIN ASSERT EMPTY (SELECT id FROM users WHERE id > 99); ASSERT EMPTY (SELECT id FROM users); END $$;
-- expect: ERROR P0004 assert_failure: the statement did not raise 23505
-- expect:   line 1, column 13
-- expect:   1 | DO $$ BEGIN ASSERT RAISES '23505' (INSERT INTO users VALUES (7, 'x')); END $$
-- expect:     |             ^
-- expect:   in: block line 1
-- expect: ERROR P0004 assert_failure: the queries differ
-- expect:   line 1, column 13
-- expect:   1 | DO $$ BEGIN ASSERT EQUAL (SELECT id FROM users ORDER BY id DESC) (SELECT id FROM users) IN ORDER; EN...
-- expect:     |             ^
-- expect:   detail: The first gives (7), the second (1).
-- expect:   in: block line 1
-- expect: ERROR P0004 assert_failure: the query gave rows
-- expect:   line 1, column 64
-- expect:   1 | DO $$ BEGIN ASSERT EMPTY (SELECT id FROM users WHERE id > 99); ASSERT EMPTY (SELECT id FROM users); ...
-- expect:     |                                                                ^
-- expect:   detail: The first is (1).
-- expect:   in: block line 1
