// REVERT: taking back what a range of commits did, when nothing later builds on it.

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "catalog/system_tables.hpp"
#include "storage/put_back.hpp"
#include "storage/store/object_rows.hpp"
#include "timeline/restore.hpp"
#include "timeline/restore/put_definitions.hpp"

namespace kodiak::timeline {

namespace {

using catalog::CatalogObject;
using catalog::ObjectKind;
using catalog::ObjectPtr;

// What the commits of a range came to for one row.
struct NetChange {
    storage::VersionPlace before;
    storage::VersionPlace after;
};

std::vector<ColumnId> stored_ids_of(const catalog::TableDefinition& table) {
    std::vector<ColumnId> ids;
    for (const auto* column : table.stored_columns()) {
        ids.push_back(column->id);
    }
    return ids;
}

Error conflict(const std::string& what) {
    return make_error(ErrorCode::kMergeConflict, "cannot revert: a later commit changed " + what)
        .with_hint("Revert the later commits as well (REVERT COMMIT a TO b), or write the rows by hand.");
}

class Revert {
   public:
    Revert(storage::Transaction& transaction, uint64_t first, uint64_t last)
        : transaction_(transaction), after_(first - 1), upto_(last) {}

    Status run() {
        KODIAK_TRY(collect_definitions());
        // Rows before definitions leave or come: a table that the commits made goes with all its rows.
        const auto now = transaction_.catalog();
        KODIAK_TRY(bring_back_dropped());
        for (const ObjectPtr& table : now->list(ObjectKind::kTable)) {
            const auto definition = definitions_.find(table->id);
            if (definition == definitions_.end() || definition->second.before != nullptr) {
                KODIAK_TRY(revert_rows(*table));
            }
        }
        return put_definitions_back();
    }

   private:
    struct DefinitionChange {
        ObjectPtr before;  // nullptr: the commits made the object
        ObjectPtr after;   // nullptr: they dropped it
    };

    // Net changes of one table in the range; kMergeConflict when a later commit touched one of the rows.
    Result<std::map<RowId, NetChange>> net_changes(const CatalogObject& table) {
        const std::vector<ColumnId> columns = stored_ids_of(table.table());
        KODIAK_TRY_ASSIGN(const auto changes, transaction_.changes(table, after_, upto_, columns));
        std::map<RowId, NetChange> net;
        for (const storage::RowChange& change : changes) {
            const auto [row, is_first] = net.try_emplace(change.row);
            if (is_first) {
                row->second.before = change.before;
            }
            row->second.after = change.after;
        }
        std::erase_if(net, [](const auto& row) {
            return row.second.before.chunk == nullptr && row.second.after.chunk == nullptr;
        });
        return net;
    }

    Result<std::vector<storage::RowChange>> later_changes(const CatalogObject& table) {
        return transaction_.changes(table, upto_, transaction_.view().head(), stored_ids_of(table.table()));
    }

    static Result<ObjectPtr> object_at(const storage::VersionPlace& place) {
        if (place.chunk == nullptr) {
            return ObjectPtr();
        }
        KODIAK_TRY_ASSIGN(CatalogObject object, storage::object_of_row(*place.chunk, place.slot));
        return std::make_shared<const CatalogObject>(std::move(object));
    }

    Status collect_definitions() {
        const CatalogObject& objects = *catalog::find_system_table(catalog::kObjectsTable);
        KODIAK_TRY_ASSIGN(const auto net, net_changes(objects));
        for (const auto& [row, change] : net) {
            KODIAK_TRY_ASSIGN(const ObjectPtr before, object_at(change.before));
            KODIAK_TRY_ASSIGN(const ObjectPtr after, object_at(change.after));
            // A row of its own each time: drop and create of one object meet under its id.
            DefinitionChange& one = definitions_[(before != nullptr ? before : after)->id];
            one.before = before != nullptr ? before : one.before;
            one.after = after != nullptr ? after : one.after;
        }
        std::erase_if(definitions_, [](const auto& one) {
            const CatalogObject& object = one.second.before != nullptr ? *one.second.before : *one.second.after;
            return object.kind == ObjectKind::kWatermark;  // how far somebody has read cannot be taken back
        });
        KODIAK_TRY_ASSIGN(const auto later, later_changes(objects));
        for (const storage::RowChange& change : later) {
            KODIAK_TRY_ASSIGN(const ObjectPtr object,
                              object_at(change.before.chunk != nullptr ? change.before : change.after));
            if (definitions_.contains(object->id)) {
                return conflict(fmt::format("the definition of \"{}\"", object->name));
            }
        }
        return {};
    }

    Status bring_back_dropped() {
        for (const auto& [id, change] : definitions_) {
            if (change.after == nullptr) {
                KODIAK_TRY(put_definition(transaction_, change.before));
                if (change.before->kind == ObjectKind::kTable) {
                    KODIAK_TRY(revert_rows(*change.before));
                }
            }
        }
        return {};
    }

    Status put_definitions_back() {
        for (const auto& [id, change] : definitions_) {
            if (change.before == nullptr) {
                continue;
            }
            if (change.after != nullptr && change.before->kind == ObjectKind::kTable) {
                KODIAK_TRY(check_columns(*change.before, change.after->table()));
            }
            KODIAK_TRY(put_definition(transaction_, change.before));
        }
        for (const auto& [id, change] : definitions_) {
            const ObjectPtr now = change.before == nullptr ? transaction_.catalog()->find(id) : nullptr;
            if (now != nullptr) {
                KODIAK_TRY(drop_with_belongings(transaction_, now));
            }
        }
        return {};
    }

    // Columns that the commits added may go; values of a column that they dropped or changed are not in all rows.
    static Status check_columns(const CatalogObject& before, const catalog::TableDefinition& now) {
        for (const catalog::ColumnDefinition* column : before.table().stored_columns()) {
            const catalog::ColumnDefinition* same = now.find_column(column->id);
            if (same == nullptr || same->type != column->type) {
                return make_error(ErrorCode::kUnsupported,
                                  fmt::format("cannot revert a commit that dropped or changed column \"{}\" of \"{}\"",
                                              column->name, before.name))
                    .with_hint("RESTORE TABLE ... AS OF brings rows and columns back.");
            }
        }
        return {};
    }

    Status revert_rows(const CatalogObject& table) {
        KODIAK_TRY_ASSIGN(const auto net, net_changes(table));
        if (net.empty()) {
            return {};
        }
        KODIAK_TRY_ASSIGN(const auto later, later_changes(table));
        for (const storage::RowChange& change : later) {
            if (net.contains(change.row)) {
                return conflict(fmt::format("a row of table \"{}\" in commit {}", table.name, change.seq));
            }
        }
        std::vector<storage::RowPutBack> rows;
        for (const auto& [row, change] : net) {
            rows.push_back({change.after, change.before});
        }
        return storage::put_back(transaction_, table.id, rows);
    }

    storage::Transaction& transaction_;
    const uint64_t after_;
    const uint64_t upto_;
    std::map<ObjectId, DefinitionChange> definitions_;
};

}  // namespace

Status revert_commits(storage::Transaction& transaction, uint64_t first, uint64_t last) {
    if (transaction.has_changes()) {
        return make_error(ErrorCode::kActiveTransaction,
                          "REVERT must come first in its transaction, which has changes already")
            .with_hint("COMMIT first.");
    }
    if (first == 0 || first > last) {
        return make_error(ErrorCode::kInvalidValue,
                          fmt::format("commits cannot be reverted from {} to {}", first, last))
            .with_hint("REVERT COMMIT takes the earlier commit first.");
    }
    if (first == 1) {
        return make_error(ErrorCode::kUnsupported, "commit 1 made the database and cannot be reverted");
    }
    return Revert(transaction, first, last).run();
}

}  // namespace kodiak::timeline
