// A shop in one process: tables by SQL, orders by prepared statements and by key, a look back in time.
// The page docs/reference/cpp_api.md shows this program; the test `examples` runs it.

#include <cstdio>
#include <filesystem>

#include "database/database.hpp"

using kodiak::Status;
namespace db = kodiak::database;

// Rows of statements whose answer does not matter here.
class Silent final : public db::ResultSink {
   public:
    Status begin(const std::vector<db::ResultColumn>&) override { return {}; }
    Status rows(const db::RowBatch&) override { return {}; }
    Status end(const db::Answer&) override { return {}; }
};

Status run_shop(const std::string& path) {
    KODIAK_TRY_ASSIGN(const auto database, db::Database::open(path));
    KODIAK_TRY_ASSIGN(const auto session, database->connect());
    Silent silent;
    KODIAK_TRY(session->execute_script("CREATE TABLE orders (id BIGINT PRIMARY KEY, customer VARCHAR, cents BIGINT)",
                                       silent));

    // Single rows by key: no SQL, durable when put() answers.
    KODIAK_TRY_ASSIGN(const auto orders, session->table("orders"));
    KODIAK_TRY(orders->put(std::vector<db::Value>{int64_t{1}, std::string("ada"), int64_t{1250}}));
    KODIAK_TRY(orders->put(std::vector<db::Value>{int64_t{2}, std::string("grace"), int64_t{9900}}));

    // A transaction: both rows or none. COMMIT may fail with 40001 when another session was faster: run it again.
    KODIAK_TRY_ASSIGN(const auto raise, session->prepare("UPDATE orders SET cents = cents + ? WHERE id = ?"));
    KODIAK_TRY(session->execute_script("BEGIN", silent));
    for (const int64_t id : {1, 2}) {
        KODIAK_TRY(raise->bind(1, int64_t{50}));
        KODIAK_TRY(raise->bind(2, id));
        KODIAK_TRY(raise->execute());
    }
    KODIAK_TRY(session->execute_script("COMMIT", silent));

    KODIAK_TRY_ASSIGN(const bool found, orders->get(2));
    if (found) {
        std::printf("order 2: %.*s, %lld cents\n", static_cast<int>(orders->text(1).size()), orders->text(1).data(),
                    static_cast<long long>(orders->integer(2)));
    }

    // Typed rows of any query, here of two moments.
    KODIAK_TRY_ASSIGN(const auto compare,
                      session->prepare("SELECT now.id, old.cents, now.cents FROM orders AS OF COMMIT 'HEAD~1' old "
                                       "JOIN orders now USING (id) ORDER BY id"));
    KODIAK_TRY(compare->execute());
    for (bool more = true; more;) {
        KODIAK_TRY_ASSIGN(more, compare->next());
        if (more) {
            std::printf("order %lld: %lld -> %lld\n", static_cast<long long>(compare->integer(0)),
                        static_cast<long long>(compare->integer(1)), static_cast<long long>(compare->integer(2)));
        }
    }
    return {};
}

int main(int argc, char** argv) {
    const std::filesystem::path path =
        argc > 1 ? argv[1] : (std::filesystem::temp_directory_path() / "embedded_shop.kodiak").string();
    std::filesystem::remove_all(path);
    const Status done = run_shop(path.string());
    if (!done.ok()) {
        std::fprintf(stderr, "%s\n%s\n", done.error().message.c_str(), done.error().hint.c_str());
        return 1;
    }
    return 0;
}
