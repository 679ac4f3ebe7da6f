#pragma once

// KeyReader: the key of a row, as the index room orders it.
//
// What       Reads the fields of one key (a column list of a table) from a chunk slot or a batch row and builds the
//            KeyRef. A key with a NULL field is no key: SQL's UNIQUE and FOREIGN KEY never compare NULLs equal.
// Form       One narrowable column (integers, dates, small decimals, ENUM positions) gives integer keys, anything else
//            byte keys. Nested values order by their canonical bytes, 128-bit kinds as numbers.
// Threads    One thread; it keeps its buffers.

#include <optional>
#include <vector>

#include "base/result/result.hpp"
#include "catalog/definition.hpp"
#include "index/key.hpp"
#include "storage/chunk.hpp"
#include "storage/column_view.hpp"
#include "storage/rows/canonical_row.hpp"

namespace kodiak::storage {

class KeyReader {
   public:
    // `columns` in key order; their types are those of `table` now.
    KeyReader(const catalog::TableDefinition& table, std::vector<ColumnId> columns);

    index::KeyForm form() const { return form_; }
    const std::vector<ColumnId>& columns() const { return columns_; }
    // True when both build the same keys for the same rows.
    bool same_keys_as(const KeyReader& other) const;

    // The key of a row of a chunk of any schema version of the table; nullopt when a field is NULL. Valid until the
    // next call. kTooLarge for keys beyond the index's limit.
    Result<std::optional<index::KeyRef>> read(const Chunk& chunk, uint32_t slot);
    // The key of a batch row whose columns are this key's columns, in order.
    Result<std::optional<index::KeyRef>> read(const BatchView& keys, size_t row);

   private:
    struct Field {
        catalog::Physical physical = catalog::Physical::kInt64;
        bool has_missing = false;
        PlainValue missing;  // what rows older than the column show
    };
    const void* load(const StoredColumn& column, uint32_t slot, const Field& field);
    index::KeyRef integer(const Field& field, const void* value) const;
    void append(const Field& field, const void* value);

    std::vector<ColumnId> columns_;
    std::vector<Field> fields_;
    index::KeyForm form_ = index::KeyForm::kBytes;
    index::KeyBuilder builder_;
    alignas(16) unsigned char scratch_[16] = {};
    // Positions of the columns in the schema read last: chunks of one table mostly share it.
    const StoredSchema* positions_of_ = nullptr;
    std::vector<int> positions_;
};

// For messages: "(a, b)=(1, x)" with the values of a row, shortened.
std::string describe_key(const catalog::TableDefinition& table, const std::vector<ColumnId>& columns,
                         const Chunk& chunk, uint32_t slot);

}  // namespace kodiak::storage
