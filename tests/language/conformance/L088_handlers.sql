-- Handlers by name, SQLSTATE, class and OTHERS, nested; data undone, variables kept.
CREATE FUNCTION f(k INT) RETURNS TEXT AS $$ DECLARE t TEXT := 'a'; m TEXT; BEGIN
  BEGIN
    t := t || 'b'; INSERT INTO log VALUES (k);
    IF k = 1 THEN RAISE division_by_zero; ELSIF k = 2 THEN RAISE SQLSTATE '22004'; ELSIF k = 3 THEN RAISE 'x'; ELSIF k = 4 THEN RAISE SQLSTATE '23505'; END IF;
  EXCEPTION WHEN division_by_zero THEN RETURN t || '1'; WHEN data_exception THEN RETURN t || SQLSTATE; WHEN SQLSTATE '23505' THEN RETURN t || '23'; WHEN OTHERS THEN GET STACKED DIAGNOSTICS m = MESSAGE_TEXT; RETURN t || m;
  END;
  RETURN t || (SELECT count(*) FROM log); END $$;
SELECT f(1); SELECT f(2); SELECT f(3); SELECT f(4); SELECT f(0);
-- expect: ab1
-- expect: ab22004
-- expect: abx
-- expect: ab23
-- expect: ab1
