#pragma once

// Filters that DuckDB pushed into a scan, compiled to work on the narrow form of chunks.
//
// What       compile_filters() turns a TableFilterSet into ScanFilters, to be ANDed. A FilterNode can judge a
//            whole chunk by its zone map and select slots of a chunk.
// How        Integer comparisons become ranges over int64, evaluated before widening. On dictionary columns a filter is
//            evaluated once per dictionary value, comparisons even by binary search, since codes are in value order.
//            Whatever has no narrow form is decoded, only the slots still alive, and given to DuckDB's own evaluation.
// NULL       A comparison never selects NULL. Filters that may accept NULL (IS NULL, expressions, Bloom filters of
//            null-safe joins) are asked about NULL once.
// Optional   Filters that DuckDB re-checks above (Top-N bounds, join ranges, IN lists) may be skipped; each thread
//            stops evaluating one that lets too much pass.
// Dynamic    Top-N bounds change while the scan runs: they are read again for every chunk, under their lock
//            (docs/decisions/0002, trap 12).
// Threads    Nodes are immutable but for caches behind locks; per-thread state lives in FilterThread.

#include <cstdint>
#include <memory>
#include <vector>

#include "duckdb/common/types/vector.hpp"
#include "duckdb/common/types/vector_cache.hpp"
#include "duckdb/main/client_context.hpp"
#include "duckdb/planner/table_filter.hpp"
#include "duckdb/planner/table_filter_state.hpp"

#include "engine/scan/scanned_column.hpp"
#include "storage/chunk.hpp"

namespace kodiak::engine {

// Slots of one chunk; room for the slack that storage's selections need.
struct SlotBuffer {
    uint32_t slots[kRowsPerChunk + 64];
};

// One column of the chunk being filtered.
struct FilteredColumn {
    const ScannedColumn* column = nullptr;
    const storage::StoredColumn* stored = nullptr;
};

enum class Verdict : uint8_t {
    kNone,  // no row of the chunk passes
    kSome,
    kAll,   // all rows pass, NULLs included
};

// What one thread keeps for one node.
struct NodeState {
    duckdb::unique_ptr<duckdb::TableFilterState> filter_state;
    duckdb::VectorCache cache;                  // memory of `values`
    duckdb::unique_ptr<duckdb::Vector> values;
    std::unique_ptr<SlotBuffer> first;
    std::unique_ptr<SlotBuffer> second;
    std::vector<int64_t> integers;
    std::unique_ptr<class FilterNode> current;  // what a dynamic filter stands for right now
    const void* dictionary = nullptr;           // the one `accept` is about
    std::shared_ptr<const struct AcceptTable> accept;
};

// Per-thread state of all nodes of a scan.
class FilterThread {
   public:
    FilterThread(duckdb::ClientContext& context, size_t nodes) : context_(context), nodes_(nodes) {}
    duckdb::ClientContext& context() { return context_; }
    NodeState& node(size_t id) { return nodes_[id]; }

   private:
    duckdb::ClientContext& context_;
    std::vector<NodeState> nodes_;
};

class FilterNode {
   public:
    // How expensive a row is, cheapest first.
    enum class Cost : uint8_t { kRange, kSet, kEvaluate, kHash };

    explicit FilterNode(size_t id) : id_(id) {}
    virtual ~FilterNode() = default;
    FilterNode(const FilterNode&) = delete;
    FilterNode& operator=(const FilterNode&) = delete;

    virtual Cost cost() const = 0;
    // Judges the chunk by its zone map. Called before select() for each chunk.
    virtual Verdict zone(FilterThread& thread, const FilteredColumn& column) const = 0;
    // Keeps those of `count` slots (nullptr: 0..count-1) that pass, in order, in `out`, which may not alias `slots`.
    virtual size_t select(FilterThread& thread, const FilteredColumn& column, const uint32_t* slots, size_t count,
                          SlotBuffer& out) const = 0;

   protected:
    size_t id() const { return id_; }

   private:
    size_t id_;  // of its NodeState
};

struct ScanFilter {
    size_t column = 0;  // position among the scan's columns
    std::unique_ptr<FilterNode> node;
    bool is_optional = false;
    // An optional filter is given up by a thread when, over `checks` chunks, more than this share of rows passed.
    float give_up_share = 1;
    uint32_t checks = 0;
};

struct CompiledFilters {
    std::vector<ScanFilter> filters;  // cheapest first
    size_t nodes = 0;                 // NodeStates a thread needs
};

// Requires: `filters` outlives the result.
CompiledFilters compile_filters(duckdb::TableFilterSet& filters, const std::vector<ScannedColumn>& columns);

}  // namespace kodiak::engine
