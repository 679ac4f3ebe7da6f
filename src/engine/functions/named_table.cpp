#include "engine/functions/named_table.hpp"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/parser/qualified_name.hpp"
#include "duckdb/planner/binder.hpp"

#include "engine/catalog/table_entry.hpp"
#include "engine/errors/errors.hpp"

namespace kodiak::engine {

KodiakTableEntry& named_table(duckdb::ClientContext& context, const std::string& text) {
    duckdb::QualifiedName name = duckdb::QualifiedName::Parse(text);
    duckdb::Binder::BindSchemaOrCatalog(context, name.catalog, name.schema);
    auto& entry = duckdb::Catalog::GetEntry<duckdb::TableCatalogEntry>(context, name.catalog, name.schema, name.name);
    auto* table = dynamic_cast<KodiakTableEntry*>(&entry);
    if (table == nullptr) {
        throw_error(make_error(ErrorCode::kUnsupported, "\"" + name.name + "\" is not a table of a Kodiak database"));
    }
    return *table;
}

}  // namespace kodiak::engine
