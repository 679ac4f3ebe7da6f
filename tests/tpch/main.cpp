// tpch_answers: the 22 TPC-H queries on Kodiak tables and on DuckDB's own tables of the same data.
//
//   tpch_answers FOLDER [SCALE]
//
// Both run in one session, Kodiak's tables filled by CREATE TABLE AS from the generated ones. Answers must be equal in
// every row, in order, and in every digit: before a checkpoint, after it, and after the database was opened again.

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result/result.hpp"
#include "database/database.hpp"

namespace {

using kodiak::Result;
using kodiak::Status;
using kodiak::database::Database;
using kodiak::database::Session;

class Rows final : public kodiak::database::ResultSink {
   public:
    Status begin(const std::vector<kodiak::database::ResultColumn>& columns) override {
        texts.clear();
        width_ = columns.size();
        for (const auto& column : columns) {
            texts.push_back(column.name + " " + column.type);
        }
        return kodiak::ok_status();
    }
    Status rows(const kodiak::database::RowBatch& batch) override {
        for (size_t row = 0; row < batch.row_count(); ++row) {
            std::string text;
            for (size_t column = 0; column < width_; ++column) {
                text += std::string(batch.text(row, column)) + '|';
            }
            texts.push_back(std::move(text));
        }
        return kodiak::ok_status();
    }
    Status end(const kodiak::database::Answer&) override { return kodiak::ok_status(); }

    std::vector<std::string> texts;  // the columns, then the rows

   private:
    size_t width_ = 0;
};

Result<std::vector<std::string>> run(Session& session, const std::string& sql) {
    Rows rows;
    KODIAK_TRY(session.execute_script(sql, rows));
    return std::move(rows.texts);
}

Status generate(Session& session, const std::string& scale) {
    KODIAK_TRY(run(session, "LOAD tpch; ATTACH ':memory:' AS m; USE m; CALL dbgen(sf=" + scale + "); USE tpch;"));
    return kodiak::ok_status();
}

Status fill(Session& session) {
    for (const char* table : {"region", "nation", "supplier", "customer", "part", "partsupp", "orders", "lineitem"}) {
        KODIAK_TRY(run(session, std::string("CREATE TABLE ") + table + " AS FROM m." + table));
    }
    return kodiak::ok_status();
}

// The number of queries whose answers differ.
Result<int> compare_all(Session& session, const char* when) {
    int differences = 0;
    for (int query = 1; query <= 22; ++query) {
        const std::string pragma = "PRAGMA tpch(" + std::to_string(query) + ")";
        KODIAK_TRY_ASSIGN(auto native, run(session, "USE m; " + pragma));
        KODIAK_TRY_ASSIGN(auto kodiak, run(session, "USE tpch; " + pragma));
        if (native == kodiak && native.size() > 1) {
            continue;
        }
        ++differences;
        std::printf("query %d differs (%s): native %zu lines, Kodiak %zu\n", query, when, native.size(), kodiak.size());
        for (size_t i = 0; i < native.size() && i < kodiak.size(); ++i) {
            if (native[i] != kodiak[i]) {
                std::printf("  native: %s\n  Kodiak: %s\n", native[i].c_str(), kodiak[i].c_str());
                break;
            }
        }
    }
    return differences;
}

Result<int> compare_everything(const std::string& path, const std::string& scale) {
    int differences = 0;
    {
        KODIAK_TRY_ASSIGN(auto database, Database::open(path));
        KODIAK_TRY_ASSIGN(auto session, database->connect());
        KODIAK_TRY(generate(*session, scale));
        KODIAK_TRY(fill(*session));
        KODIAK_TRY_ASSIGN(int found, compare_all(*session, "as loaded"));
        differences += found;
        KODIAK_TRY(database->checkpoint());
    }
    KODIAK_TRY_ASSIGN(auto database, Database::open(path));
    KODIAK_TRY_ASSIGN(auto session, database->connect());
    KODIAK_TRY(generate(*session, scale));
    KODIAK_TRY_ASSIGN(int found, compare_all(*session, "checkpointed and opened again"));
    return differences + found;
}

}  // namespace

int main(int count, char** words) {
    if (count < 2 || count > 3) {
        std::fputs("usage: tpch_answers FOLDER [SCALE]\n", stderr);
        return 2;
    }
    const std::filesystem::path folder = words[1];
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    auto differences = compare_everything((folder / "tpch.kodiak").string(), count == 3 ? words[2] : "0.1");
    std::filesystem::remove_all(folder);
    if (!differences.ok()) {
        std::printf("failed: %s\n", differences.error().message.c_str());
        return 1;
    }
    std::printf("22 queries, %d differences\n", *differences);
    return *differences == 0 ? 0 : 1;
}
