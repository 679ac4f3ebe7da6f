-- STRICT functions are not entered for NULL, others are.
CREATE FUNCTION s(a INT, b INT) RETURNS TEXT STRICT RETURN 'entered';
CREATE FUNCTION c(a INT, b INT) RETURNS TEXT CALLED ON NULL INPUT RETURN 'entered';
SELECT s(1, 2); SELECT s(1, NULL); SELECT c(1, NULL);
-- expect: entered
-- expect: NULL
-- expect: entered
