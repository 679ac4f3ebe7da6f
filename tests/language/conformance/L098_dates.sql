-- Month ends, leap day, interval comparison; now() is fixed, clock_timestamp() is not.
CREATE FUNCTION f(d DATE) RETURNS TEXT RETURN concat(d + 1mo, ' ', d - 1y, ' ', d + 1, ' ', d - DATE '2024-01-01');
SELECT f('2024-01-31'); SELECT f('2024-02-29');
CREATE FUNCTION g() RETURNS TEXT RETURN concat(1mo = 30d, ' ', 24h = 1d, ' ', 1d > 23h, ' ', now() = now(), ' ', clock_timestamp() < clock_timestamp(), ' ', TIMESTAMP '2026-01-01 00:00:00' - TIMESTAMP '2025-12-30 12:00:00');
SELECT g();
-- expect: 2024-02-29 00:00:00 2023-01-31 00:00:00 2024-02-01 30
-- expect: 2024-03-29 00:00:00 2023-02-28 00:00:00 2024-03-01 59
-- expect: true true true true true 1 day 12:00:00
