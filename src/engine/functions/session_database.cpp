#include "engine/functions/session_database.hpp"

#include "duckdb/catalog/catalog_search_path.hpp"
#include "duckdb/main/client_data.hpp"

#include "engine/errors/errors.hpp"

namespace kodiak::engine {

KodiakCatalog& session_database(duckdb::ClientContext& context) {
    const std::string& name = duckdb::ClientData::Get(context).catalog_search_path->GetDefault().catalog;
    auto& catalog = duckdb::Catalog::GetCatalog(context, name);
    if (catalog.GetCatalogType() != KodiakCatalog::kType) {
        throw_error(make_error(ErrorCode::kUndefinedObject, "\"" + name + "\" is not a Kodiak database")
                        .with_hint("USE the Kodiak database first."));
    }
    return static_cast<KodiakCatalog&>(catalog);
}

}  // namespace kodiak::engine
