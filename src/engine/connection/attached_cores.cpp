#include "engine/connection/attached_cores.hpp"

#include "duckdb/main/attached_database.hpp"
#include "duckdb/parser/parsed_data/attach_info.hpp"

#include "catalog/catalog_state.hpp"
#include "engine/catalog/kodiak_catalog.hpp"
#include "engine/errors/errors.hpp"
#include "engine/transaction/kodiak_transaction.hpp"

namespace kodiak::engine {

bool AttachedCores::enter(const std::string& name, timeline::DatabaseCore& core) {
    const std::lock_guard lock(mutex_);
    if (!cores_.emplace(catalog::fold_name(name), &core).second) {
        return false;
    }
    names_[&core] = name;
    return true;
}

void AttachedCores::leave(const std::string& name) {
    const std::lock_guard lock(mutex_);
    const auto found = cores_.find(catalog::fold_name(name));
    if (found != cores_.end()) {
        names_.erase(found->second);
        cores_.erase(found);
    }
}

timeline::DatabaseCore* AttachedCores::find(const std::string& name) {
    const std::lock_guard lock(mutex_);
    const auto found = cores_.find(catalog::fold_name(name));
    return found != cores_.end() ? found->second : nullptr;
}

std::string AttachedCores::name_of(const timeline::DatabaseCore* core) {
    const std::lock_guard lock(mutex_);
    const auto found = names_.find(core);
    return found != names_.end() ? found->second : std::string();
}

namespace {

duckdb::unique_ptr<duckdb::Catalog> attach(duckdb::optional_ptr<duckdb::StorageExtensionInfo> info,
                                           duckdb::ClientContext&, duckdb::AttachedDatabase& database,
                                           const duckdb::string& name, duckdb::AttachInfo& request,
                                           duckdb::AttachOptions&) {
    timeline::DatabaseCore* core = static_cast<AttachedCores&>(*info).find(name);
    if (core == nullptr) {
        throw_error(make_error(ErrorCode::kUnsupported, "cannot attach a Kodiak database by statement: " + request.path)
                        .with_hint("Name it on the command line."));
    }
    return duckdb::make_uniq<KodiakCatalog>(database, *core);
}

duckdb::unique_ptr<duckdb::TransactionManager> make_manager(duckdb::optional_ptr<duckdb::StorageExtensionInfo>,
                                                            duckdb::AttachedDatabase& database,
                                                            duckdb::Catalog& catalog) {
    return duckdb::make_uniq<KodiakTransactionManager>(database, static_cast<KodiakCatalog&>(catalog).core());
}

}  // namespace

void register_storage_extension(duckdb::DBConfig& config, duckdb::shared_ptr<AttachedCores> cores) {
    auto extension = duckdb::make_shared_ptr<duckdb::StorageExtension>();
    extension->attach = attach;
    extension->create_transaction_manager = make_manager;
    extension->storage_info = std::move(cores);
    duckdb::StorageExtension::Register(config, KodiakCatalog::kType, std::move(extension));
}

}  // namespace kodiak::engine
