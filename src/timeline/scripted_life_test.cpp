// The steps that the crash and fault tests live through, and the proof that an undisturbed run does what its model
// says.

#include "timeline/scripted_life.hpp"

#include <gtest/gtest.h>

namespace kodiak::timeline {
namespace {

using storage::Transaction;

Step insert_step(const std::string& table, Rows rows) {
    return {"insert " + std::to_string(rows.size()) + " rows into " + table,
            [=](TestDatabase& db) {
                return in_transaction(db, [&](Transaction& transaction) {
                    return db.try_insert_in(transaction, id_of(transaction, table), rows);
                });
            },
            [=](Model& model) { model.tables[table].insert(rows.begin(), rows.end()); }};
}

Step create_step(const std::string& table) {
    return {"create table " + table,
            [=](TestDatabase& db) {
                const auto created = db.try_create_table(table);
                return created.ok() ? Status() : Status(created.error());
            },
            [=](Model& model) { model.tables[table]; }};
}

Step update_step(const std::string& table, int64_t id, const std::string& name) {
    return {"update " + table,
            [=](TestDatabase& db) {
                return in_transaction(db, [&](Transaction& transaction) {
                    return db.try_update_in(transaction, id_of(transaction, table), id, name);
                });
            },
            [=](Model& model) { model.tables[table][id] = name; }};
}

Step checkpoint_step() {
    return {"checkpoint", [](TestDatabase& db) { return db.core().checkpoint(); }};
}

Step compact_step(CompactionRequest::Target target = CompactionRequest::Target::kSame) {
    return {"compact", [=](TestDatabase& db) {
                CompactionRequest request;
                request.target = target;
                const auto report = db.core().compact(request);
                return report.ok() ? Status() : Status(report.error());
            }};
}

Step reopen_step() {
    return {"reopen", [](TestDatabase& db) { return db.try_open(); }};
}

// Draws two values; the transaction then inserts a row, or is rolled back and keeps nothing but the drawn values.
Step draw_step(bool commits) {
    return {commits ? "draw and commit" : "draw and roll back",
            [=](TestDatabase& db) -> Status {
                auto transaction = db.begin();
                const ObjectId sequence = transaction->catalog()
                                              ->find(catalog::NameSpace::kSequences, catalog::kMainSchema, "s")
                                              ->id;
                KODIAK_TRY(transaction->next_value(sequence));
                KODIAK_TRY_ASSIGN(const int64_t value, transaction->next_value(sequence));
                EXPECT_EQ(value, commits ? 2 : 4);
                if (!commits) {
                    db.core().rollback(std::move(transaction));
                    return {};
                }
                KODIAK_TRY(db.try_insert_in(*transaction, id_of(*transaction, "t"), {{900, "drew"}}));
                return db.commit(std::move(transaction));
            },
            [=](Model& model) {
                model.drawn = commits ? 2 : 4;
                if (commits) {
                    model.tables["t"][900] = "drew";
                }
            }};
}

Step savepoint_step() {
    return {"savepoint",
            [](TestDatabase& db) {
                return in_transaction(db, [&](Transaction& transaction) -> Status {
                    const ObjectId table = id_of(transaction, "t");
                    KODIAK_TRY(db.try_insert_in(transaction, table, {{100, "before the savepoint"}}));
                    const auto mark = transaction.mark();
                    KODIAK_TRY(db.try_update_in(transaction, table, 1, "undone"));
                    KODIAK_TRY(db.try_insert_in(transaction, table, numbered_rows(200, 300, "undone ")));
                    KODIAK_TRY(db.try_erase_in(transaction, table, 100));
                    transaction.undo_to(mark);
                    return db.try_insert_in(transaction, table, {{101, "behind the savepoint"}});
                });
            },
            [](Model& model) {
                model.tables["t"][100] = "before the savepoint";
                model.tables["t"][101] = "behind the savepoint";
            }};
}

Step erase_step(const std::string& table, int64_t from, int64_t to) {
    return {"delete from " + table,
            [=](TestDatabase& db) {
                return in_transaction(db, [&](Transaction& transaction) -> Status {
                    for (int64_t id = from; id < to; ++id) {
                        KODIAK_TRY(db.try_erase_in(transaction, id_of(transaction, table), id));
                    }
                    return {};
                });
            },
            [=](Model& model) {
                for (int64_t id = from; id < to; ++id) {
                    model.tables[table].erase(id);
                }
            }};
}

// One transaction that alters the table and writes a row of the new shape.
Step alter_step() {
    return {"alter table t",
            [](TestDatabase& db) {
                return in_transaction(db, [&](Transaction& transaction) -> Status {
                    KODIAK_TRY(add_note_column(transaction, "t"));
                    return insert_with_note(transaction, id_of(transaction, "t"), 1000, "new", "noted");
                });
            },
            [](Model& model) { model.tables["t"][1000] = "new|noted"; }};
}

Step note_step(int64_t from, int64_t to) {
    return {"insert rows with notes",
            [=](TestDatabase& db) {
                return in_transaction(db, [&](Transaction& transaction) -> Status {
                    for (int64_t id = from; id < to; ++id) {
                        KODIAK_TRY(insert_with_note(transaction, id_of(transaction, "t"), id, "wide", "note"));
                    }
                    return {};
                });
            },
            [=](Model& model) {
                for (int64_t id = from; id < to; ++id) {
                    model.tables["t"][id] = "wide|note";
                }
            }};
}

// Delete and insert of one key in one transaction, in the altered table.
Step replace_step() {
    return {"replace a row of t",
            [](TestDatabase& db) {
                return in_transaction(db, [&](Transaction& transaction) -> Status {
                    const ObjectId table = id_of(transaction, "t");
                    KODIAK_TRY(db.try_erase_in(transaction, table, 3));
                    return insert_with_note(transaction, table, 3, "trois", "replaced");
                });
            },
            [](Model& model) { model.tables["t"][3] = "trois|replaced"; }};
}

Step two_tables_step() {
    return {"change two tables at once",
            [](TestDatabase& db) {
                return in_transaction(db, [&](Transaction& transaction) -> Status {
                    KODIAK_TRY(db.try_insert_in(transaction, id_of(transaction, "u"), numbered_rows(0, 5, "u")));
                    return db.try_erase_in(transaction, id_of(transaction, "t"), 101);
                });
            },
            [](Model& model) {
                for (const auto& [id, name] : numbered_rows(0, 5, "u")) {
                    model.tables["u"][id] = name;
                }
                model.tables["t"].erase(101);
            }};
}

Step drop_step(const std::string& table) {
    return {"drop table " + table,
            [=](TestDatabase& db) {
                return in_transaction(db, [&](Transaction& transaction) {
                    return transaction.drop_object(id_of(transaction, table));
                });
            },
            [=](Model& model) { model.tables.erase(table); }};
}

}  // namespace

std::vector<Step> scripted_life() {
    return {
        create_step("t"),
        insert_step("t", {{1, "one"}, {2, "two"}, {3, "three"}}),
        update_step("t", 2, "deux"),
        {"create sequence",
         [](TestDatabase& db) {
             return in_transaction(db, [](Transaction& transaction) { return create_sequence(transaction, "s"); });
         }},
        draw_step(true),
        draw_step(false),
        checkpoint_step(),
        savepoint_step(),
        insert_step("t", numbered_rows(10, 70, std::string(40, 'x'))),
        erase_step("t", 10, 15),
        compact_step(),
        reopen_step(),
        alter_step(),
        note_step(1001, 1004),
        replace_step(),
        create_step("u"),
        two_tables_step(),
        compact_step(CompactionRequest::Target::kCold),
        checkpoint_step(),
        insert_step("u", numbered_rows(100, 2700, "many ")),
        erase_step("u", 1000, 1003),
        compact_step(),
        update_step("u", 1400, "between"),
        checkpoint_step(),
        checkpoint_step(),
        reopen_step(),
        update_step("u", 1500, "changed"),
        drop_step("u"),
        erase_step("t", 20, 22),
        compact_step(CompactionRequest::Target::kWarm),
        erase_step("t", 22, 23),
    };
}

TEST(ScriptedLife, AnUndisturbedRunDoesWhatTheModelSays) {
    TestDatabase db;
    Model model;
    for (const Step& step : scripted_life()) {
        SCOPED_TRACE(step.name);
        const Status done = step.run(db);
        ASSERT_TRUE(done.ok()) << done.error().message;
        step.expect(model);
        ASSERT_EQ(dump(db), model.rows());
    }
    db.reopen();
    EXPECT_EQ(dump(db), model.rows());
    EXPECT_TRUE(db.check().empty());
}

}  // namespace kodiak::timeline
