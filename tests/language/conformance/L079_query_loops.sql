-- FOR over a query, EXECUTE and a cursor; the body changes the table it reads and sees one snapshot.
CREATE FUNCTION f() RETURNS TEXT AS $$
DECLARE t TEXT := ''; c CURSOR (k INT) FOR SELECT name FROM users WHERE id > k;
BEGIN
  FOR r IN SELECT id, name FROM users LOOP DELETE FROM users WHERE id = 3; t := t || r.id; END LOOP;
  FOR r IN EXECUTE 'SELECT id FROM users WHERE id < $1' USING 2 LOOP t := t || r.id; END LOOP;
  FOR r IN c(1) LOOP t := t || r.name; END LOOP;
  FOR r IN SELECT range FROM range(0, 1000000000) LOOP EXIT; END LOOP;
  RETURN t || FOUND;
END $$;
SELECT f();
-- expect: 1231Bobtrue
