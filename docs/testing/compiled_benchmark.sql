-- The programs of benchmarks/compiled_benchmark.cpp for PostgreSQL, over the same values. Run: psql -f docs/testing/compiled_benchmark.sql
CREATE TEMP TABLE rows AS
SELECT k * 7919 % 100000 + 1 AS n, k * 104729 % 1000 AS o, k * 1.25::float8 AS x, 'Word' || k * 31 % 997 AS t, 'Ward' || k * 37 % 997 AS u
FROM generate_series(0, 204799) k0, LATERAL (SELECT (k0 % 2048)::bigint AS k) one;
CREATE FUNCTION c_arithmetic(a BIGINT, b BIGINT) RETURNS BIGINT LANGUAGE plpgsql AS $$ BEGIN RETURN (a * 3 + b) % 1000 + a / 7 - b; END $$;
CREATE FUNCTION c_branches(income BIGINT, children BIGINT) RETURNS BIGINT LANGUAGE plpgsql AS $$ DECLARE tax BIGINT; BEGIN IF income < 10000 THEN tax := 0; ELSIF income < 50000 THEN tax := (income - 10000) * 20 / 100; ELSIF children > 2 THEN tax := 8000 + (income - 50000) * 30 / 100; ELSE tax := 8000 + (income - 50000) * 40 / 100; END IF; RETURN CASE WHEN tax > children * 100 THEN tax - children * 100 ELSE 0 END; END $$;
CREATE FUNCTION c_double(x FLOAT8) RETURNS FLOAT8 LANGUAGE plpgsql AS $$ BEGIN RETURN (x * 1.5::float8 + 2.0::float8) / (x + 1.0::float8); END $$;
CREATE FUNCTION c_decimal(a DECIMAL(18,2), b DECIMAL(18,2)) RETURNS DECIMAL(18,2) LANGUAGE plpgsql AS $$ BEGIN RETURN a + b + b - 1.50; END $$;
CREATE FUNCTION c_collatz(n BIGINT) RETURNS BIGINT LANGUAGE plpgsql AS $$ DECLARE steps BIGINT := 0; x BIGINT := n; BEGIN WHILE x <> 1 LOOP IF x % 2 = 0 THEN x := x / 2; ELSE x := 3 * x + 1; END IF; steps := steps + 1; END LOOP; RETURN steps; END $$;
CREATE FUNCTION c_upper(t TEXT) RETURNS BIGINT LANGUAGE plpgsql AS $$ BEGIN RETURN length(upper(t) || '!'); END $$;
CREATE FUNCTION c_levenshtein(a TEXT, b TEXT) RETURNS BIGINT LANGUAGE plpgsql AS $$ DECLARE n BIGINT := length(b); r BIGINT[]; corner BIGINT; cost BIGINT; ca TEXT; BEGIN FOR j IN 0..n LOOP r[j + 1] := j; END LOOP; FOR i IN 1..length(a) LOOP corner := r[1]; r[1] := i; ca := substr(a, i, 1); FOR j IN 1..n LOOP cost := corner; IF ca <> substr(b, j::int, 1) THEN cost := cost + 1; END IF; corner := r[j + 1]; r[j + 1] := least(corner + 1, r[j] + 1, cost); END LOOP; END LOOP; RETURN r[n + 1]; END $$;
\timing on
SELECT sum(n), sum(o) FROM rows; -- the scan alone, to subtract
SELECT sum(c_arithmetic(n, o)) FROM rows;
SELECT sum(c_branches(n, o)) FROM rows;
SELECT sum(c_double(x)) FROM rows;
SELECT sum(c_decimal(n, o)) FROM rows;
SELECT sum(c_collatz(n)) FROM (SELECT n FROM rows LIMIT 4096) AS part;
SELECT sum(c_upper(t)) FROM rows;
SELECT sum(c_levenshtein(t, u)) FROM (SELECT t, u FROM rows LIMIT 4096) AS part;
