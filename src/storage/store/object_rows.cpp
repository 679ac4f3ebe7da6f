#include "storage/store/object_rows.hpp"

#include "base/result/assert.hpp"
#include "catalog/system_tables.hpp"
#include "storage/decode.hpp"

namespace kodiak::storage {
namespace {

const StoredColumn& column_of(const Chunk& chunk, ColumnId id) {
    const int position = chunk.schema().position(id);
    KODIAK_ASSERT(position >= 0);
    return chunk.column(static_cast<size_t>(position));
}

template <class Int>
Int integer_of(const Chunk& chunk, ColumnId id, catalog::Physical physical, uint32_t slot) {
    Int value = 0;
    decode_fixed(column_of(chunk, id), physical, &slot, 1, &value);
    return value;
}

std::string text_of(const Chunk& chunk, ColumnId id, uint32_t slot) {
    StringRef value;
    decode_strings(column_of(chunk, id), &slot, 1, &value);
    return std::string(value.view());
}

}  // namespace

ObjectId object_id_of_row(const Chunk& chunk, uint32_t slot) {
    return ObjectId(integer_of<uint64_t>(chunk, catalog::kObjectIdColumn, catalog::Physical::kUint64, slot));
}

Result<catalog::CatalogObject> object_of_row(const Chunk& chunk, uint32_t slot) {
    catalog::CatalogObject object;
    object.id = object_id_of_row(chunk, slot);
    object.kind = static_cast<catalog::ObjectKind>(
        integer_of<uint8_t>(chunk, catalog::kObjectKindColumn, catalog::Physical::kUint8, slot));
    object.schema =
        ObjectId(integer_of<uint64_t>(chunk, catalog::kObjectSchemaColumn, catalog::Physical::kUint64, slot));
    object.name = text_of(chunk, catalog::kObjectNameColumn, slot);
    KODIAK_TRY(catalog::decode_definition(text_of(chunk, catalog::kObjectDefinitionColumn, slot), object));
    return object;
}

}  // namespace kodiak::storage
