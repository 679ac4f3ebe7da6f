#pragma once

// ScanBinding: what a plan knows of one scan of a Kodiak table.
//
// What       The table's entry (an entry of the past is another one) and the order in which chunks are best read. No
//            snapshot: that is taken when the scan starts.
// Identity   Two bindings are equal, and serialise alike, only when they read the same version of the same table; else
//            DuckDB's common-subplan optimiser would let one scan answer for both (docs/decisions/0002, trap 11).
// Threads    Changed while planning only.

#include <optional>
#include <string>

#include "duckdb/common/serializer/deserializer.hpp"
#include "duckdb/common/serializer/serializer.hpp"
#include "duckdb/function/table_function.hpp"

#include "base/ids/ids.hpp"
#include "storage/table_snapshot.hpp"

namespace kodiak::engine {

class KodiakTableEntry;

// Chunks with the largest (smallest) values of a column first: what a Top-N wants.
struct ScanOrder {
    ColumnId column;
    bool descending = false;
    bool by_max = false;
    bool nulls_first = false;
};

struct ScanBinding : public duckdb::TableFunctionData {
    explicit ScanBinding(KodiakTableEntry& scanned) : entry(scanned) {}

    KodiakTableEntry& entry;
    std::optional<ScanOrder> order;
    // What the running statement reads instead of the table's present: set by CREATE OR REPLACE TABLE t AS, whose scans
    // start when the t they read is already gone.
    mutable storage::TableSnapshotPtr pinned;

    duckdb::unique_ptr<duckdb::FunctionData> Copy() const override;
    bool Equals(const duckdb::FunctionData& other) const override;
};

// The table now, or at the entry's moment of the past, as the transaction of `context` sees it. Throws what the store
// refuses.
storage::TableSnapshotPtr current_snapshot(duckdb::ClientContext& context, KodiakTableEntry& entry);

// TableFunction callbacks.
void serialize_scan(duckdb::Serializer& serializer, const duckdb::optional_ptr<duckdb::FunctionData> binding,
                    const duckdb::TableFunction& function);
duckdb::unique_ptr<duckdb::FunctionData> deserialize_scan(duckdb::Deserializer& deserializer,
                                                          duckdb::TableFunction& function);
void set_scan_order(duckdb::unique_ptr<duckdb::RowGroupOrderOptions> options,
                    duckdb::optional_ptr<duckdb::FunctionData> binding);

}  // namespace kodiak::engine
