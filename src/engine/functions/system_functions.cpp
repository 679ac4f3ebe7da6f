#include "engine/functions/system_functions.hpp"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"
#include "duckdb/parser/parsed_data/create_table_function_info.hpp"
#include "duckdb/parser/tableref/table_function_ref.hpp"

namespace kodiak::engine {

void add_system_function(duckdb::ClientContext& context, const duckdb::TableFunction& function,
                         duckdb::OnCreateConflict conflict) {
    duckdb::CreateTableFunctionInfo info(function);
    info.internal = true;
    info.on_conflict = conflict;
    auto& system = duckdb::Catalog::GetSystemCatalog(context);
    system.CreateTableFunction(duckdb::CatalogTransaction::GetSystemTransaction(*context.db), info);
}

void add_system_function(duckdb::ClientContext& context, const duckdb::ScalarFunction& function,
                         duckdb::OnCreateConflict conflict) {
    duckdb::CreateScalarFunctionInfo info(function);
    info.internal = true;
    info.on_conflict = conflict;
    auto& system = duckdb::Catalog::GetSystemCatalog(context);
    system.CreateFunction(duckdb::CatalogTransaction::GetSystemTransaction(*context.db), info);
}

duckdb::unique_ptr<duckdb::TableRef> read_as_table(const duckdb::ReplacementScanInput& input,
                                                   std::initializer_list<const char*> names) {
    for (const char* name : names) {
        if (input.catalog_name.empty() && input.schema_name.empty() &&
            duckdb::StringUtil::CIEquals(input.table_name, name)) {
            auto reference = duckdb::make_uniq<duckdb::TableFunctionRef>();
            reference->function = duckdb::make_uniq<duckdb::FunctionExpression>(
                name, duckdb::vector<duckdb::unique_ptr<duckdb::ParsedExpression>>());
            reference->alias = name;
            return reference;
        }
    }
    return nullptr;
}

}  // namespace kodiak::engine
