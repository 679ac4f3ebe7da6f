#pragma once

// A scripted life of a database, step by step, with a model of what readers must see after each step.
//
// For tests that cut the power or fail calls anywhere in it. A step is one commit, checkpoint, rollback or restart; its
// `expect` changes the model when the step succeeded.

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "timeline/core_fixture.hpp"

namespace kodiak::timeline {

// What a reader sees: rows of all tables as (id, name), or (id, name|note) where the table has a third column.
struct Model {
    std::map<std::string, std::map<int64_t, std::string>> tables;
    int64_t drawn = 0;  // the largest value that a sequence gave to a step that ended well

    std::map<std::string, Rows> rows() const {
        std::map<std::string, Rows> all;
        for (const auto& [name, rows] : tables) {
            all[name] = Rows(rows.begin(), rows.end());
        }
        return all;
    }
};

struct Step {
    std::string name;
    std::function<Status(TestDatabase&)> run;
    std::function<void(Model&)> expect = [](Model&) {};
};

inline catalog::ObjectPtr find_object(storage::Transaction& transaction, const std::string& name) {
    return transaction.catalog()->find(catalog::NameSpace::kRelations, catalog::kMainSchema, name);
}

inline ObjectId id_of(storage::Transaction& transaction, const std::string& name) {
    const catalog::ObjectPtr object = find_object(transaction, name);
    return object == nullptr ? kNoObject : object->id;
}

// Rows of a table with two or three columns.
inline Rows dump_table(storage::Transaction& transaction, const catalog::CatalogObject& table) {
    const auto snapshot = transaction.snapshot(table.id).value();
    Rows rows;
    std::vector<uint32_t> slots(2048);
    for (size_t i = 0; i < snapshot->chunk_count(); ++i) {
        const Status intact = snapshot->verify(i, snapshot->chunk(i).schema().ids);
        EXPECT_TRUE(intact.ok()) << intact.error().message;
        bool all = false;
        const size_t count = snapshot->visible(i, slots.data(), &all);
        const storage::Chunk& chunk = snapshot->chunk(i);
        for (uint32_t k = 0; k < count; ++k) {
            const uint32_t slot = all ? k : slots[k];
            int64_t id = 0;
            StringRef text;
            storage::decode_fixed(chunk.column(0), catalog::Physical::kInt64, &slot, 1, &id);
            storage::decode_strings(chunk.column(1), &slot, 1, &text);
            std::string shown(text.view());
            const bool has_note = table.table().columns.size() == 3;
            const storage::StoredColumn* note =
                has_note ? storage::TableSnapshot::stored(chunk, table.table().columns[2].id) : nullptr;
            if (note != nullptr && note->is_valid(slot)) {
                storage::decode_strings(*note, &slot, 1, &text);
                shown += "|" + std::string(text.view());
            }
            rows.emplace_back(id, std::move(shown));
        }
    }
    EXPECT_EQ(rows.size(), snapshot->row_count()) << table.name;
    std::sort(rows.begin(), rows.end());
    return rows;
}

inline std::map<std::string, Rows> dump(TestDatabase& db) {
    auto transaction = db.begin();
    std::map<std::string, Rows> all;
    for (const catalog::ObjectPtr& table : transaction->catalog()->list(catalog::ObjectKind::kTable)) {
        all[table->name] = dump_table(*transaction, *table);
    }
    db.core().rollback(std::move(transaction));
    return all;
}

// Appends (id, name, note) to a table that has the third column.
inline Status insert_with_note(storage::Transaction& transaction, ObjectId table, int64_t id, const std::string& name,
                               const std::string& note) {
    transaction.mark();
    KODIAK_TRY_ASSIGN(const auto job, transaction.write(table));
    const auto writer = job->writer();
    const StringRef name_ref(name);
    const StringRef note_ref(note);
    const std::array<storage::ColumnView, 3> columns{{{&id}, {&name_ref}, {&note_ref}}};
    KODIAK_TRY(writer->append({1, columns}));
    KODIAK_TRY(writer->finish());
    KODIAK_TRY(job->finish());
    return transaction.finish_statement();
}

// One transaction around `body`: committed when it succeeds, rolled back when it does not.
inline Status in_transaction(TestDatabase& db, const std::function<Status(storage::Transaction&)>& body) {
    auto transaction = db.begin();
    const Status done = body(*transaction);
    if (!done.ok()) {
        db.core().rollback(std::move(transaction));
        return done;
    }
    return db.commit(std::move(transaction));
}

inline Status add_note_column(storage::Transaction& transaction, const std::string& name) {
    catalog::CatalogObject table = *find_object(transaction, name);
    auto& definition = std::get<catalog::TableDefinition>(table.definition);
    catalog::ColumnDefinition note;
    note.id = definition.next_column_id;
    note.name = "note";
    note.type.kind = catalog::TypeKind::kVarchar;
    definition.columns.push_back(note);
    definition.next_column_id = ColumnId(note.id.value + 1);
    definition.schema_version = SchemaVersion(definition.schema_version.value + 1);
    return transaction.put_object(std::move(table));
}

inline Status create_sequence(storage::Transaction& transaction, const std::string& name) {
    catalog::CatalogObject sequence;
    sequence.id = transaction.new_object_id();
    sequence.kind = catalog::ObjectKind::kSequence;
    sequence.schema = catalog::kMainSchema;
    sequence.name = name;
    sequence.definition = catalog::SequenceDefinition{};
    return transaction.put_object(std::move(sequence));
}

// A foreign key of one column.
inline catalog::ForeignKeyConstraint reference(ColumnId column, ObjectId table, ColumnId referenced) {
    catalog::ForeignKeyConstraint key;
    key.columns = {column};
    key.referenced_table = table;
    key.referenced = {referenced};
    return key;
}

inline Rows numbered_rows(int64_t from, int64_t to, const std::string& text) {
    Rows rows;
    for (int64_t id = from; id < to; ++id) {
        rows.emplace_back(id, text + std::to_string(id));
    }
    return rows;
}

// Copies a database directory of the real disk to /db of a simulated one.
inline void copy_to_disk(const std::filesystem::path& source, SimulatedDisk& disk) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(source)) {
        const std::string path = "/db/" + std::filesystem::relative(entry.path(), source).string();
        if (entry.is_directory()) {
            ASSERT_TRUE(disk.create_directory(path).ok());
            continue;
        }
        ASSERT_TRUE(disk.create_directory(std::filesystem::path(path).parent_path().string()).ok());
        std::ifstream stream(entry.path(), std::ios::binary);
        const std::string bytes((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
        ASSERT_TRUE(disk.open(path, OpenMode::kCreate).value()->write(0, bytes).ok());
    }
}

// Steps over all kinds of change. The table "t" ends with full chunks, ended rows and two schema versions.
std::vector<Step> scripted_life();

}  // namespace kodiak::timeline
