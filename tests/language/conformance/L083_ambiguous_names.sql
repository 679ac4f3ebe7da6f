-- A column against a variable: an error with a hint; a label or the function's name solves it; both modes.
CREATE FUNCTION f(id INT) RETURNS TEXT AS $$ DECLARE n TEXT; BEGIN SELECT name INTO n FROM users WHERE id = 2; RETURN n; END $$;
CREATE FUNCTION g(id INT) RETURNS TEXT AS $$ DECLARE n TEXT; BEGIN SELECT name INTO n FROM users WHERE users_id = g.id; RETURN n; END $$;
CREATE FUNCTION h(id INT) RETURNS TEXT AS $$
#variable_conflict use_column
DECLARE x TEXT; BEGIN SELECT name INTO x FROM users WHERE id = h.id; RETURN x; END $$;
SELECT h(2);
-- expect: ERROR 42702 ambiguous_column: "id" could be a variable or a column
-- expect:   line 1, column 104
-- expect:   1 | ...GIN SELECT name INTO n FROM users WHERE id = 2; RETURN n; END $$
-- expect:     |                                            ^^
-- expect:   hint: Write table.id for the column, or rename the variable.
-- expect: ERROR 42703 undefined_column: column "users_id" does not exist
-- expect:   line 1, column 68
-- expect:   1 | CREATE FUNCTION g(id INT) RETURNS TEXT AS $$ DECLARE n TEXT; BEGIN SELECT name INTO n FROM users WHE...
-- expect:     |                                                                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
-- expect: Bob
