-- The programs of benchmarks/language_benchmark.cpp for PostgreSQL. Run: psql -f docs/testing/language_benchmark.sql
\timing on
CREATE FUNCTION f_count(n BIGINT) RETURNS BIGINT LANGUAGE plpgsql AS $$ DECLARE s BIGINT := 0; BEGIN FOR i IN 1..n LOOP s := s + i; END LOOP; RETURN s; END $$;
CREATE FUNCTION f_collatz(n BIGINT) RETURNS BIGINT LANGUAGE plpgsql AS $$ DECLARE steps BIGINT := 0; x BIGINT; BEGIN FOR i IN 1..n LOOP x := i; WHILE x <> 1 LOOP IF x % 2 = 0 THEN x := x / 2; ELSE x := 3 * x + 1; END IF; steps := steps + 1; END LOOP; END LOOP; RETURN steps; END $$;
CREATE FUNCTION f_fibonacci(n BIGINT) RETURNS BIGINT LANGUAGE plpgsql AS $$ BEGIN IF n < 2 THEN RETURN n; END IF; RETURN f_fibonacci(n - 1) + f_fibonacci(n - 2); END $$;
CREATE FUNCTION f_text(n BIGINT) RETURNS BIGINT LANGUAGE plpgsql AS $$ DECLARE t TEXT; k BIGINT := 0; BEGIN FOR i IN 1..n LOOP t := 'row ' || i; IF substr(t, 5, 1) = '1' THEN k := k + length(t); END IF; END LOOP; RETURN k; END $$;
CREATE FUNCTION f_list(n BIGINT) RETURNS BIGINT LANGUAGE plpgsql AS $$ DECLARE a BIGINT[] = ARRAY[0]; s BIGINT := 0; BEGIN FOR i IN 1..n LOOP a[i] := i * 2; END LOOP; FOR i IN 1..n LOOP s := s + a[i]; END LOOP; RETURN s; END $$;
CREATE FUNCTION f_double(n BIGINT) RETURNS DOUBLE PRECISION LANGUAGE plpgsql AS $$ DECLARE s DOUBLE PRECISION := 0; BEGIN FOR i IN 1..n LOOP s := s + 1.0::DOUBLE PRECISION / i; END LOOP; RETURN s; END $$;
SELECT f_count(10000000);
SELECT f_collatz(30000);
SELECT f_fibonacci(27);
SELECT f_text(1000000);
SELECT f_list(1000000);
SELECT f_double(5000000);
