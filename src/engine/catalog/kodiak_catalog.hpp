#pragma once

// KodiakCatalog: one Kodiak database as a catalog of DuckDB.
//
// What       Answers every lookup from the definitions that the asking transaction sees
//            (storage::Transaction::catalog()) and turns every CREATE, ALTER and DROP into changes of them, so that DDL
//            is transactional and exact in every snapshot.
// How        DuckDB wants entry objects; they are made from definitions on demand and cached by the definition they
//            were made from, with what else they show (names of schema and referenced tables).
// Lifetime   Entries live as long as the catalog, because plans hold references to them (docs/decisions/0002, trap
//            7). Cost:
//            a few KB per definition ever looked at.
// Identity   None (GetCatalogVersion): DuckDB keeps no plan of ours, so none can be taken for another state's
//            (trap 19).
// Threads    Safe from many threads.

#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/storage/database_size.hpp"

#include "catalog/catalog_state.hpp"
#include "storage/transaction.hpp"
#include "timeline/database_core.hpp"

namespace kodiak::engine {

class KodiakSchemaEntry;
class KodiakTransaction;

class KodiakCatalog : public duckdb::Catalog {
   public:
    static constexpr const char* kType = "kodiak";

    KodiakCatalog(duckdb::AttachedDatabase& db, timeline::DatabaseCore& core);
    ~KodiakCatalog() override;

    timeline::DatabaseCore& core() { return core_; }
    // The entry of `object`, which is in `state`.
    duckdb::CatalogEntry& entry_of(const catalog::ObjectPtr& object, const catalog::CatalogState& state);
    // The routine `object` as DuckDB's function: a table function or a scalar one.
    duckdb::CatalogEntry& routine_entry_of(const catalog::ObjectPtr& object, const catalog::CatalogState& state,
                                           bool as_table);
    // The entry of `object`, a definition of `state`, which `asking` sees as the past at `point`; lives as long as
    // `asking`.
    duckdb::CatalogEntry& past_entry_of(KodiakTransaction& asking, const catalog::ObjectPtr& object,
                                        const catalog::CatalogState::Ptr& state, const storage::PastPoint& point);
    // The moment that an AT clause names for the asking transaction.
    storage::PastPoint past_of(const duckdb::CatalogTransaction& transaction, const duckdb::BoundAtClause& clause);
    KodiakSchemaEntry& schema_of(const catalog::ObjectPtr& schema);
    // The definitions that `transaction` sees; the latest committed ones when it has none.
    catalog::CatalogState::Ptr state_of(const duckdb::CatalogTransaction& transaction);
    // The moment that the asking transaction as a whole reads (BEGIN ... AS OF); none = the present.
    static std::optional<storage::PastPoint> moment_of(const duckdb::CatalogTransaction& transaction);
    catalog::CatalogState::Ptr latest_state();
    // Drops `object` and what belongs to it. kDependentObjects when others depend on it and `cascade` is false.
    void drop(storage::Transaction& transaction, const catalog::ObjectPtr& object, bool cascade);

    void Initialize(bool load_builtin) override;
    duckdb::string GetCatalogType() override { return kType; }
    duckdb::optional_idx GetCatalogVersion(duckdb::ClientContext& context) override;
    duckdb::optional_ptr<duckdb::CatalogEntry> CreateSchema(duckdb::CatalogTransaction transaction,
                                                            duckdb::CreateSchemaInfo& info) override;
    duckdb::optional_ptr<duckdb::SchemaCatalogEntry> LookupSchema(duckdb::CatalogTransaction transaction,
                                                                  const duckdb::EntryLookupInfo& lookup,
                                                                  duckdb::OnEntryNotFound if_not_found) override;
    void ScanSchemas(duckdb::ClientContext& context,
                     std::function<void(duckdb::SchemaCatalogEntry&)> callback) override;
    void DropSchema(duckdb::ClientContext& context, duckdb::DropInfo& info) override;

    duckdb::PhysicalOperator& PlanCreateTableAs(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
                                                duckdb::LogicalCreateTable& op,
                                                duckdb::PhysicalOperator& plan) override;
    duckdb::PhysicalOperator& PlanInsert(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
                                         duckdb::LogicalInsert& op,
                                         duckdb::optional_ptr<duckdb::PhysicalOperator> plan) override;
    duckdb::PhysicalOperator& PlanDelete(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
                                         duckdb::LogicalDelete& op, duckdb::PhysicalOperator& plan) override;
    duckdb::PhysicalOperator& PlanUpdate(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
                                         duckdb::LogicalUpdate& op, duckdb::PhysicalOperator& plan) override;
    duckdb::PhysicalOperator& PlanMergeInto(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
                                            duckdb::LogicalMergeInto& op, duckdb::PhysicalOperator& plan) override;
    duckdb::unique_ptr<duckdb::LogicalOperator> BindCreateIndex(
        duckdb::Binder& binder, duckdb::CreateStatement& stmt, duckdb::TableCatalogEntry& table,
        duckdb::unique_ptr<duckdb::LogicalOperator> plan) override;
    duckdb::unique_ptr<duckdb::LogicalOperator> BindAlterAddIndex(
        duckdb::Binder& binder, duckdb::TableCatalogEntry& table, duckdb::unique_ptr<duckdb::LogicalOperator> plan,
        duckdb::unique_ptr<duckdb::CreateIndexInfo> create_info,
        duckdb::unique_ptr<duckdb::AlterTableInfo> alter_info) override;

    duckdb::DatabaseSize GetDatabaseSize(duckdb::ClientContext& context) override;
    bool InMemory() override { return false; }
    bool SupportsTimeTravel() const override { return true; }
    duckdb::string GetDBPath() override { return core_.path(); }

   private:
    // One entry with everything it was made from.
    struct Cached {
        std::vector<catalog::ObjectPtr> sources;  // the object, its schema, the tables its keys refer to
        duckdb::unique_ptr<duckdb::CatalogEntry> entry;
    };
    std::vector<catalog::ObjectPtr> sources_of(const catalog::ObjectPtr& object,
                                               const catalog::CatalogState& state) const;
    duckdb::unique_ptr<duckdb::CatalogEntry> make_entry(const catalog::ObjectPtr& object,
                                                        const catalog::CatalogState& state);

    timeline::DatabaseCore& core_;
    std::recursive_mutex mutex_;  // guards cache_; recursive because an entry needs its schema's
    std::unordered_map<const catalog::CatalogObject*, std::vector<Cached>> cache_;
    std::unordered_map<const catalog::CatalogObject*, std::vector<Cached>> table_routines_;
};

}  // namespace kodiak::engine
