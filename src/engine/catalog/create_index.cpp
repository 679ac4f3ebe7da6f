#include "engine/catalog/create_index.hpp"

#include "duckdb/execution/physical_operator.hpp"
#include "duckdb/execution/physical_plan_generator.hpp"
#include "duckdb/parser/parsed_data/create_index_info.hpp"
#include "duckdb/parser/statement/create_statement.hpp"
#include "duckdb/planner/operator/logical_extension_operator.hpp"

#include "engine/catalog/schema_entry.hpp"

namespace kodiak::engine {

namespace {

class PhysicalCreateIndex : public duckdb::PhysicalOperator {
   public:
    PhysicalCreateIndex(duckdb::PhysicalPlan& plan, duckdb::unique_ptr<duckdb::CreateIndexInfo> create_info,
                        duckdb::TableCatalogEntry& target)
        : duckdb::PhysicalOperator(plan, duckdb::PhysicalOperatorType::EXTENSION, {duckdb::LogicalType::BIGINT}, 1),
          info_(std::move(create_info)),
          table_(target) {}

    duckdb::string GetName() const override { return "KODIAK_CREATE_INDEX"; }
    bool IsSource() const override { return true; }
    duckdb::SourceResultType GetDataInternal(duckdb::ExecutionContext& context, duckdb::DataChunk&,
                                             duckdb::OperatorSourceInput&) const override {
        auto& schema = table_.ParentSchema();
        schema.CreateIndex(schema.GetCatalogTransaction(context.client), *info_, table_);
        return duckdb::SourceResultType::FINISHED;
    }

   private:
    duckdb::unique_ptr<duckdb::CreateIndexInfo> info_;
    duckdb::TableCatalogEntry& table_;
};

class LogicalCreateIndex : public duckdb::LogicalExtensionOperator {
   public:
    LogicalCreateIndex(duckdb::unique_ptr<duckdb::CreateIndexInfo> create_info, duckdb::TableCatalogEntry& target)
        : info_(std::move(create_info)), table_(target) {}

    duckdb::PhysicalOperator& CreatePlan(duckdb::ClientContext&, duckdb::PhysicalPlanGenerator& planner) override {
        return planner.Make<PhysicalCreateIndex>(std::move(info_), table_);
    }
    duckdb::string GetExtensionName() const override { return "kodiak_create_index"; }
    bool SupportSerialization() const override { return false; }

   protected:
    void ResolveTypes() override { types = {duckdb::LogicalType::BIGINT}; }

   private:
    duckdb::unique_ptr<duckdb::CreateIndexInfo> info_;
    duckdb::TableCatalogEntry& table_;
};

}  // namespace

duckdb::unique_ptr<duckdb::LogicalOperator> plan_create_index(duckdb::CreateStatement& stmt,
                                                              duckdb::TableCatalogEntry& table) {
    auto info = duckdb::unique_ptr_cast<duckdb::CreateInfo, duckdb::CreateIndexInfo>(std::move(stmt.info));
    return duckdb::make_uniq<LogicalCreateIndex>(std::move(info), table);
}

}  // namespace kodiak::engine
