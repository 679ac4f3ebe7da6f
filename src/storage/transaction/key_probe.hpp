#pragma once

// KeyProbe: looks for rows with a key, in committed and private rows, as one of two moments sees them.
//
// Why        Key checks and referential actions ask the same question; see key_checks.hpp for the two moments.
// Lifetime   A probe knows the private rows of the moment it was made. Rows written later need a new one.
// Threads    One thread; commit mutex held for Moment::kCommit.

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/result/result.hpp"
#include "storage/transaction/store_transaction.hpp"

namespace kodiak::storage {

enum class Moment : uint8_t { kStatement, kCommit };

class KeyProbe {
   public:
    // Requires: `columns` are a key of `table`, or a foreign key's columns. Builds the committed index when missing.
    static Result<KeyProbe> make(StoreTransaction& transaction, const catalog::CatalogObject& table,
                                 const std::vector<ColumnId>& columns, Moment moment);

    // A probe of committed rows alone: makes no index of private ones. For exists_committed.
    static Result<KeyProbe> make_committed(StoreTransaction& transaction, const catalog::CatalogObject& table,
                                           const std::vector<ColumnId>& columns, Moment moment);

    // True when a live row other than `except` has the key.
    bool exists(index::KeyRef key, std::optional<Locator> except = std::nullopt) {
        return any(key, committed_ == nullptr ? nullptr : &committed_->keys(), except) || any(key, own_, except);
    }
    // True when a live committed row has the key: at commit, what a commit that came in between brought.
    bool exists_committed(index::KeyRef key) {
        return any(key, committed_ == nullptr ? nullptr : &committed_->keys(), std::nullopt);
    }
    // Appends the locators of all live rows with the key.
    void collect(index::KeyRef key, std::vector<Locator>& rows);

   private:
    KeyProbe(StoreTransaction& transaction, ObjectId table, Moment moment)
        : transaction_(&transaction), table_(table), moment_(moment) {}

    bool any(index::KeyRef key, const index::KeyIndex* keys, std::optional<Locator> except);
    bool is_live(Locator locator) const;

    StoreTransaction* transaction_;
    ObjectId table_;
    Moment moment_;
    std::shared_ptr<TableIndex> committed_;
    std::shared_ptr<TableWrites> writes_;
    const index::KeyIndex* own_ = nullptr;
    index::LocatorList found_;
};

// A foreign key and the table that declares it.
struct Referencing {
    catalog::ObjectPtr table;
    const catalog::ForeignKeyConstraint* key = nullptr;  // lies in `table`
};
// All foreign keys that refer to a table, its own ones included.
std::vector<Referencing> referencing(const catalog::CatalogState& catalog, ObjectId table);

// Positions in the order in which a transaction ended versions of one table.
struct EndedRange {
    size_t from = 0;
    size_t to = 0;
};
// Visits chunk, slot and locator of ended versions, until it fails.
Status for_each_ended(const TableWrites& writes, EndedRange range,
                      const std::function<Status(const Chunk&, uint32_t, Locator)>& visit);

}  // namespace kodiak::storage
