#include "catalog/definition.hpp"

#include <algorithm>

#include "base/result/assert.hpp"
#include "catalog/catalog_state.hpp"

namespace kodiak::catalog {
namespace {

constexpr uint8_t kFormat = 1;
using Pairs = std::vector<std::pair<std::string, std::string>>;

Error bad_definition(const char* what) {
    return make_error(ErrorCode::kCorruption, std::string("definition does not read: ") + what);
}

Result<bool> read_bool(ByteReader& reader) {
    KODIAK_TRY_ASSIGN(const uint8_t value, reader.u8());
    if (value > 1) {
        return bad_definition("boolean other than 0 and 1");
    }
    return value == 1;
}

// Reads a count and calls read_one() for each entry; every entry takes at least one byte.
template <class ReadOne>
Status read_list(ByteReader& reader, ReadOne&& read_one) {
    KODIAK_TRY_ASSIGN(const uint64_t count, reader.varint());
    if (count > reader.remaining()) {
        return bad_definition("more entries than bytes");
    }
    for (uint64_t i = 0; i < count; ++i) {
        KODIAK_TRY(read_one());
    }
    return ok_status();
}

void write_pairs(const Pairs& pairs, ByteWriter& writer) {
    writer.varint(pairs.size());
    for (const auto& [key, value] : pairs) {
        writer.bytes(key);
        writer.bytes(value);
    }
}

Status read_pairs(ByteReader& reader, Pairs& pairs) {
    return read_list(reader, [&]() -> Status {
        KODIAK_TRY_ASSIGN(std::string key, reader.string());
        KODIAK_TRY_ASSIGN(std::string value, reader.string());
        pairs.emplace_back(std::move(key), std::move(value));
        return ok_status();
    });
}

void write_column_ids(const std::vector<ColumnId>& ids, ByteWriter& writer) {
    writer.varint(ids.size());
    for (const ColumnId id : ids) {
        writer.u32(id.value);
    }
}

Status read_column_ids(ByteReader& reader, std::vector<ColumnId>& ids) {
    return read_list(reader, [&]() -> Status {
        KODIAK_TRY_ASSIGN(const uint32_t id, reader.u32());
        ids.emplace_back(id);
        return ok_status();
    });
}

void write_column(const ColumnDefinition& column, ByteWriter& writer) {
    writer.u32(column.id.value);
    writer.bytes(column.name);
    encode_type(column.type, writer);
    writer.u8(column.not_null ? 1 : 0);
    writer.bytes(column.default_sql);
    writer.bytes(column.generated_sql);
    writer.bytes(column.missing_value);
    writer.bytes(column.comment);
}

Result<ColumnDefinition> read_column(ByteReader& reader) {
    ColumnDefinition column;
    KODIAK_TRY_ASSIGN(column.id.value, reader.u32());
    KODIAK_TRY_ASSIGN(column.name, reader.string());
    KODIAK_TRY_ASSIGN(column.type, decode_type(reader));
    KODIAK_TRY_ASSIGN(column.not_null, read_bool(reader));
    KODIAK_TRY_ASSIGN(column.default_sql, reader.string());
    KODIAK_TRY_ASSIGN(column.generated_sql, reader.string());
    KODIAK_TRY_ASSIGN(column.missing_value, reader.string());
    KODIAK_TRY_ASSIGN(column.comment, reader.string());
    return column;
}

Result<KeyConstraint> read_key(ByteReader& reader) {
    KeyConstraint key;
    KODIAK_TRY_ASSIGN(key.name, reader.string());
    KODIAK_TRY(read_column_ids(reader, key.columns));
    KODIAK_TRY_ASSIGN(key.is_primary, read_bool(reader));
    return key;
}

void write_foreign_key(const ForeignKeyConstraint& key, ByteWriter& writer) {
    writer.bytes(key.name);
    write_column_ids(key.columns, writer);
    writer.u64(key.referenced_table.value);
    write_column_ids(key.referenced, writer);
    writer.u8(static_cast<uint8_t>(key.on_delete));
    writer.u8(static_cast<uint8_t>(key.on_update));
    if (key.sets_default()) {
        KODIAK_ASSERT(key.defaults.size() == key.columns.size());
        for (const std::string& value : key.defaults) {
            writer.bytes(value);
        }
    }
}

Result<ReferentialAction> read_action(ByteReader& reader) {
    KODIAK_TRY_ASSIGN(const uint8_t action, reader.u8());
    if (action > static_cast<uint8_t>(ReferentialAction::kSetDefault)) {
        return bad_definition("unknown referential action");
    }
    return static_cast<ReferentialAction>(action);
}

Result<ForeignKeyConstraint> read_foreign_key(ByteReader& reader) {
    ForeignKeyConstraint key;
    KODIAK_TRY_ASSIGN(key.name, reader.string());
    KODIAK_TRY(read_column_ids(reader, key.columns));
    KODIAK_TRY_ASSIGN(key.referenced_table.value, reader.u64());
    KODIAK_TRY(read_column_ids(reader, key.referenced));
    KODIAK_TRY_ASSIGN(key.on_delete, read_action(reader));
    KODIAK_TRY_ASSIGN(key.on_update, read_action(reader));
    for (size_t i = 0; key.sets_default() && i < key.columns.size(); ++i) {
        KODIAK_TRY_ASSIGN(std::string value, reader.string());
        key.defaults.push_back(std::move(value));
    }
    return key;
}

void write_body(const SchemaDefinition&, ByteWriter&) {}

void write_body(const TableDefinition& table, ByteWriter& writer) {
    writer.u32(table.schema_version.value);
    writer.u32(table.next_column_id.value);
    writer.varint(table.columns.size());
    for (const ColumnDefinition& column : table.columns) {
        write_column(column, writer);
    }
    writer.varint(table.keys.size());
    for (const KeyConstraint& key : table.keys) {
        writer.bytes(key.name);
        write_column_ids(key.columns, writer);
        writer.u8(key.is_primary ? 1 : 0);
    }
    writer.varint(table.checks.size());
    for (const CheckConstraint& check : table.checks) {
        writer.bytes(check.name);
        writer.bytes(check.sql);
    }
    writer.varint(table.foreign_keys.size());
    for (const ForeignKeyConstraint& key : table.foreign_keys) {
        write_foreign_key(key, writer);
    }
    write_pairs(table.options, writer);
}

Status read_body(ByteReader& reader, TableDefinition& table) {
    KODIAK_TRY_ASSIGN(table.schema_version.value, reader.u32());
    KODIAK_TRY_ASSIGN(table.next_column_id.value, reader.u32());
    KODIAK_TRY(read_list(reader, [&]() -> Status {
        KODIAK_TRY_ASSIGN(ColumnDefinition column, read_column(reader));
        table.columns.push_back(std::move(column));
        return ok_status();
    }));
    const auto read_one_key = [&]() -> Status {
        KODIAK_TRY_ASSIGN(KeyConstraint key, read_key(reader));
        table.keys.push_back(std::move(key));
        return ok_status();
    };
    KODIAK_TRY(read_list(reader, read_one_key));
    KODIAK_TRY(read_list(reader, [&]() -> Status {
        CheckConstraint check;
        KODIAK_TRY_ASSIGN(check.name, reader.string());
        KODIAK_TRY_ASSIGN(check.sql, reader.string());
        table.checks.push_back(std::move(check));
        return ok_status();
    }));
    KODIAK_TRY(read_list(reader, [&]() -> Status {
        KODIAK_TRY_ASSIGN(ForeignKeyConstraint key, read_foreign_key(reader));
        table.foreign_keys.push_back(std::move(key));
        return ok_status();
    }));
    return read_pairs(reader, table.options);
}

void write_body(const SqlDefinition& definition, ByteWriter& writer) { writer.bytes(definition.create_sql); }

void write_body(const SequenceDefinition& sequence, ByteWriter& writer) {
    writer.i64(sequence.start);
    writer.i64(sequence.increment);
    writer.i64(sequence.min_value);
    writer.i64(sequence.max_value);
    writer.u8(sequence.cycle ? 1 : 0);
    writer.u64(sequence.owned_by.value);
}

Status read_body(ByteReader& reader, SequenceDefinition& sequence) {
    KODIAK_TRY_ASSIGN(sequence.start, reader.i64());
    KODIAK_TRY_ASSIGN(sequence.increment, reader.i64());
    KODIAK_TRY_ASSIGN(sequence.min_value, reader.i64());
    KODIAK_TRY_ASSIGN(sequence.max_value, reader.i64());
    KODIAK_TRY_ASSIGN(sequence.cycle, read_bool(reader));
    KODIAK_TRY_ASSIGN(sequence.owned_by.value, reader.u64());
    return ok_status();
}

void write_body(const TypeDefinition& definition, ByteWriter& writer) { encode_type(definition.type, writer); }

void write_body(const IndexDefinition& index, ByteWriter& writer) {
    writer.u64(index.table.value);
    write_column_ids(index.columns, writer);
    writer.u8(index.is_unique ? 1 : 0);
    writer.bytes(index.create_sql);
}

Status read_body(ByteReader& reader, IndexDefinition& index) {
    KODIAK_TRY_ASSIGN(index.table.value, reader.u64());
    KODIAK_TRY(read_column_ids(reader, index.columns));
    KODIAK_TRY_ASSIGN(index.is_unique, read_bool(reader));
    KODIAK_TRY_ASSIGN(index.create_sql, reader.string());
    return ok_status();
}

void write_body(const PointDefinition& point, ByteWriter& writer) {
    writer.u64(point.commit);
    writer.bytes(point.commit_id);
    writer.bytes(point.head);
    writer.varint(point.tables.size());
    for (const ObjectId table : point.tables) {
        writer.u64(table.value);
    }
}

Status read_body(ByteReader& reader, PointDefinition& point) {
    KODIAK_TRY_ASSIGN(point.commit, reader.u64());
    KODIAK_TRY_ASSIGN(point.commit_id, reader.string());
    KODIAK_TRY_ASSIGN(point.head, reader.string());
    return read_list(reader, [&]() -> Status {
        KODIAK_TRY_ASSIGN(const uint64_t table, reader.u64());
        point.tables.emplace_back(table);
        return ok_status();
    });
}

void write_body(const RoutineDefinition& routine, ByteWriter& writer) {
    writer.varint(routine.overloads.size());
    for (const std::string& text : routine.overloads) {
        writer.bytes(text);
    }
}

Status read_body(ByteReader& reader, RoutineDefinition& routine) {
    return read_list(reader, [&]() -> Status {
        KODIAK_TRY_ASSIGN(std::string text, reader.string());
        routine.overloads.push_back(std::move(text));
        return ok_status();
    });
}

void write_body(const TriggerDefinition& trigger, ByteWriter& writer) {
    writer.u64(trigger.table.value);
    writer.u8(trigger.enabled ? 1 : 0);
    writer.bytes(trigger.create_sql);
}

Status read_body(ByteReader& reader, TriggerDefinition& trigger) {
    KODIAK_TRY_ASSIGN(trigger.table.value, reader.u64());
    KODIAK_TRY_ASSIGN(trigger.enabled, read_bool(reader));
    KODIAK_TRY_ASSIGN(trigger.create_sql, reader.string());
    return ok_status();
}

Status read_definition(ByteReader& reader, CatalogObject& object) {
    switch (object.kind) {
        case ObjectKind::kSchema: object.definition = SchemaDefinition{}; return ok_status();
        case ObjectKind::kTable: return read_body(reader, object.definition.emplace<TableDefinition>());
        case ObjectKind::kView:
        case ObjectKind::kScalarMacro:
        case ObjectKind::kTableMacro:
        case ObjectKind::kTest: {
            KODIAK_TRY_ASSIGN(object.definition.emplace<SqlDefinition>().create_sql, reader.string());
            return ok_status();
        }
        case ObjectKind::kSequence: return read_body(reader, object.definition.emplace<SequenceDefinition>());
        case ObjectKind::kType: {
            KODIAK_TRY_ASSIGN(object.definition.emplace<TypeDefinition>().type, decode_type(reader));
            return ok_status();
        }
        case ObjectKind::kIndex: return read_body(reader, object.definition.emplace<IndexDefinition>());
        case ObjectKind::kSnapshot:
        case ObjectKind::kWatermark: return read_body(reader, object.definition.emplace<PointDefinition>());
        case ObjectKind::kRoutine: return read_body(reader, object.definition.emplace<RoutineDefinition>());
        case ObjectKind::kTrigger: return read_body(reader, object.definition.emplace<TriggerDefinition>());
    }
    return bad_definition("unknown kind of object");
}

// The alternative of CatalogObject::definition that a kind uses.
size_t alternative_of(ObjectKind kind) {
    switch (kind) {
        case ObjectKind::kSchema: return 0;
        case ObjectKind::kTable: return 1;
        case ObjectKind::kView:
        case ObjectKind::kScalarMacro:
        case ObjectKind::kTableMacro:
        case ObjectKind::kTest: return 2;
        case ObjectKind::kSequence: return 3;
        case ObjectKind::kType: return 4;
        case ObjectKind::kIndex: return 5;
        case ObjectKind::kSnapshot:
        case ObjectKind::kWatermark: return 6;
        case ObjectKind::kRoutine: return 7;
        case ObjectKind::kTrigger: return 8;
    }
    KODIAK_ASSERT(false);
}

}  // namespace

NameSpace name_space_of(ObjectKind kind) {
    switch (kind) {
        case ObjectKind::kSchema: return NameSpace::kSchemas;
        case ObjectKind::kTable:
        case ObjectKind::kView: return NameSpace::kRelations;
        case ObjectKind::kScalarMacro: return NameSpace::kScalarMacros;
        case ObjectKind::kTableMacro: return NameSpace::kTableMacros;
        case ObjectKind::kSequence: return NameSpace::kSequences;
        case ObjectKind::kType: return NameSpace::kTypes;
        case ObjectKind::kIndex: return NameSpace::kIndexes;
        case ObjectKind::kRoutine: return NameSpace::kRoutines;
        case ObjectKind::kTest: return NameSpace::kTests;
        case ObjectKind::kTrigger: return NameSpace::kTriggers;
        case ObjectKind::kSnapshot: return NameSpace::kSnapshots;
        case ObjectKind::kWatermark: return NameSpace::kWatermarks;
    }
    KODIAK_ASSERT(false);
}

const ColumnDefinition* TableDefinition::find_column(ColumnId id) const {
    const auto found =
        std::find_if(columns.begin(), columns.end(), [&](const ColumnDefinition& column) { return column.id == id; });
    return found == columns.end() ? nullptr : &*found;
}

const ColumnDefinition* TableDefinition::find_column(const std::string& name) const {
    const std::string folded = fold_name(name);
    const auto found = std::find_if(columns.begin(), columns.end(), [&](const ColumnDefinition& column) {
        return fold_name(column.name) == folded;
    });
    return found == columns.end() ? nullptr : &*found;
}

const KeyConstraint* TableDefinition::primary_key() const {
    const auto found = std::find_if(keys.begin(), keys.end(), [](const KeyConstraint& key) { return key.is_primary; });
    return found == keys.end() ? nullptr : &*found;
}

std::vector<const ColumnDefinition*> TableDefinition::stored_columns() const {
    std::vector<const ColumnDefinition*> stored;
    for (const ColumnDefinition& column : columns) {
        if (!column.is_generated()) {
            stored.push_back(&column);
        }
    }
    std::sort(stored.begin(), stored.end(),
              [](const ColumnDefinition* left, const ColumnDefinition* right) { return left->id < right->id; });
    return stored;
}

std::string encode_definition(const CatalogObject& object) {
    KODIAK_ASSERT(object.definition.index() == alternative_of(object.kind));
    std::string bytes;
    ByteWriter writer(bytes);
    writer.u8(kFormat);
    writer.bytes(object.comment);
    write_pairs(object.tags, writer);
    writer.varint(object.depends_on.size());
    for (const ObjectId id : object.depends_on) {
        writer.u64(id.value);
    }
    std::visit([&](const auto& definition) { write_body(definition, writer); }, object.definition);
    return bytes;
}

Status decode_definition(std::string_view bytes, CatalogObject& object) {
    ByteReader reader(bytes);
    KODIAK_TRY_ASSIGN(const uint8_t format, reader.u8());
    if (format > kFormat) {
        return make_error(ErrorCode::kVersionTooNew,
                          "definition has format " + std::to_string(format) + ", this program reads up to " +
                              std::to_string(kFormat));
    }
    if (format != kFormat) {
        return bad_definition("unknown format");
    }
    object.tags.clear();
    object.depends_on.clear();
    KODIAK_TRY_ASSIGN(object.comment, reader.string());
    KODIAK_TRY(read_pairs(reader, object.tags));
    KODIAK_TRY(read_list(reader, [&]() -> Status {
        KODIAK_TRY_ASSIGN(const uint64_t id, reader.u64());
        object.depends_on.emplace_back(id);
        return ok_status();
    }));
    KODIAK_TRY(read_definition(reader, object));
    if (!reader.at_end()) {
        return bad_definition("bytes left over");
    }
    return ok_status();
}

}  // namespace kodiak::catalog
