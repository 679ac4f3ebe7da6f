#include "database/database.hpp"

#include <cstdlib>
#include <filesystem>

#include <unistd.h>

#include "database/extension_folders.hpp"
#include "database/machine_memory.hpp"
#include "database/script_session.hpp"
#include "engine/engine.hpp"
#include "engine/parquet_codec.hpp"
#include "language/lexer/words.hpp"
#include "timeline/database_core.hpp"

namespace kodiak::database {

namespace {

// Of the machine's memory: working memory of queries, and rows that no file holds yet. The rest is left to the system,
// whose file cache holds the warm files.
constexpr uint64_t kEnginePercent = 60;
constexpr uint64_t kStorePercent = 20;

// Folder below the database where queries spill; swept at open, as a killed process leaves its files there.
constexpr const char* kSpillFolder = "spill";

class OpenDatabase final : public Database {
   public:
    OpenDatabase(std::unique_ptr<timeline::DatabaseCore> core, std::unique_ptr<engine::Engine> engine, std::string name)
        : core_(std::move(core)), engine_(std::move(engine)), name_(std::move(name)) {}

    // Makes sessions work on a native database file instead, see Database::open_native().
    void use_native(std::string file) { native_file_ = std::move(file); }

    Result<std::unique_ptr<Session>> connect() override {
        KODIAK_TRY_ASSIGN(auto connection, engine_->connect(name_));
        if (!native_file_.empty()) {
            std::string attach = "ATTACH IF NOT EXISTS " + language::quote_string(native_file_) +
                                 " AS native (STORAGE_VERSION 'latest')";
            KODIAK_TRY(connection->execute(attach));
            KODIAK_TRY(connection->execute("USE native"));
        }
        return std::make_unique<ScriptSession>(std::move(connection), *core_, name_);
    }

    Status checkpoint() override { return core_->checkpoint(); }

    Result<std::vector<Damage>> check() override { return damages_of(core_->check()); }
    Result<std::vector<Damage>> verify_timeline() override { return damages_of(core_->history().verify()); }

    const std::string& name() const override { return name_; }

   private:
    static Result<std::vector<Damage>> damages_of(Result<std::vector<timeline::CheckFinding>> findings) {
        KODIAK_TRY(findings);
        std::vector<Damage> damages;
        for (auto& finding : *findings) {
            damages.push_back({std::move(finding.place), std::move(finding.problem)});
        }
        return damages;
    }

    std::unique_ptr<timeline::DatabaseCore> core_;
    std::unique_ptr<engine::Engine> engine_;  // refers to the core: declared behind it, gone before it
    std::string name_;
    std::string native_file_;
};

// The user's own cache, never a folder of the database: what lies there is run as code.
std::string code_cache_folder() {
    const char* cache = std::getenv("XDG_CACHE_HOME");
    if (cache != nullptr && *cache == '/') {
        return std::string(cache) + "/kodiak/code";
    }
    const char* home = std::getenv("HOME");
    return home != nullptr && *home == '/' ? std::string(home) + "/.cache/kodiak/code" : "";
}

engine::EngineOptions engine_options(const timeline::DatabaseCore& core, uint64_t memory_bytes) {
    engine::EngineOptions options;
    options.memory_limit_bytes = memory_bytes / 100 * kEnginePercent;
    options.extension_folders = extension_folders();
    options.code_cache_folder = code_cache_folder();
    std::filesystem::path spill = std::filesystem::path(core.path()) / kSpillFolder;
    std::error_code no_matter;
    if (core.read_only()) {
        // Nothing may be written beside a database that another process may own.
        spill = std::filesystem::temp_directory_path(no_matter) / ("kodiak-spill-" + std::to_string(::getpid()));
    } else {
        std::filesystem::remove_all(spill, no_matter);
    }
    options.temp_directory = spill.string();
    return options;
}

Result<std::unique_ptr<OpenDatabase>> open_database(const std::string& path, const DatabaseOptions& options) {
    uint64_t memory_bytes = machine_memory_bytes();
    timeline::OpenOptions open;
    open.read_only = options.read_only;
    open.create_if_missing = options.create_if_missing && !options.read_only;
    open.memory_limit_bytes = memory_bytes / 100 * kStorePercent;
    open.owner = options.owner;
    timeline::Surroundings surroundings = timeline::Surroundings::real();
    surroundings.codec = engine::make_parquet_codec();
    KODIAK_TRY_ASSIGN(auto core, timeline::DatabaseCore::open(std::move(surroundings), path, open));
    KODIAK_TRY_ASSIGN(auto engine, engine::Engine::create(engine_options(*core, memory_bytes)));
    std::string name = engine::Engine::catalog_name(path);
    KODIAK_TRY(engine->attach(name, *core));
    return std::make_unique<OpenDatabase>(std::move(core), std::move(engine), std::move(name));
}

}  // namespace

Result<std::unique_ptr<Database>> Database::open(const std::string& path, const DatabaseOptions& options) {
    KODIAK_TRY_ASSIGN(std::unique_ptr<Database> database, open_database(path, options));
    return database;
}

Result<std::unique_ptr<Database>> Database::open_native(const std::string& directory, const std::string& file) {
    KODIAK_TRY_ASSIGN(auto database, open_database(directory, {}));
    database->use_native(file);
    return std::unique_ptr<Database>(std::move(database));
}

}  // namespace kodiak::database
