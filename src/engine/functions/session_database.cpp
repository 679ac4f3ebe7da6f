#include "engine/functions/session_database.hpp"

#include "duckdb/catalog/catalog_search_path.hpp"
#include "duckdb/main/client_data.hpp"

#include "engine/errors/errors.hpp"

namespace kodiak::engine {

namespace {

const std::string& session_catalog(duckdb::ClientContext& context) {
    return duckdb::ClientData::Get(context).catalog_search_path->GetDefault().catalog;
}

}  // namespace

KodiakCatalog* find_session_database(duckdb::ClientContext& context) {
    auto& catalog = duckdb::Catalog::GetCatalog(context, session_catalog(context));
    return catalog.GetCatalogType() == KodiakCatalog::kType ? &static_cast<KodiakCatalog&>(catalog) : nullptr;
}

KodiakCatalog& session_database(duckdb::ClientContext& context) {
    KodiakCatalog* const found = find_session_database(context);
    if (found == nullptr) {
        throw_error(make_error(ErrorCode::kUndefinedObject,
                               "\"" + session_catalog(context) + "\" is not a Kodiak database")
                        .with_hint("USE the Kodiak database first."));
    }
    return *found;
}

}  // namespace kodiak::engine
