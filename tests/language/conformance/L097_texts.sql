-- Texts: length in characters, slices, LIKE, casts both ways, empty is not NULL.
CREATE FUNCTION f(s TEXT) RETURNS TEXT RETURN concat(length(s), ' ', s[1], ' ', s[2:], ' ', s[-1:], ' ', upper(s), ' ', s LIKE '_%', ' ', s = '', ' ', s IS NULL);
SELECT f('äß日'); SELECT f('');
CREATE FUNCTION g(s TEXT) RETURNS INT RETURN s;
SELECT g('42'); SELECT g('4 2');
CREATE FUNCTION q() RETURNS TEXT RETURN concat(quote_ident('a b'), quote_literal('it''s'), quote_nullable(NULL), format('%I=%L', 'x', 'y'));
SELECT q();
-- expect: 3 ä ß日 日 Äß日 true false false
-- expect: 0     false true false
-- expect: 42
-- expect: ERROR 22P02 invalid_text_representation: '4 2' does not read as INTEGER
-- expect:   line 1, column 46
-- expect:   1 | CREATE FUNCTION g(s TEXT) RETURNS INT RETURN s
-- expect:     |                                              ^
-- expect:   in: function g line 1
-- expect: "a b"'it''s'NULLx='y'
