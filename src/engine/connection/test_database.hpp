#pragma once

// TestDatabase: a Kodiak database on a simulated disk with connections to it, for the tests of this room.
//
// How        rows() gives a result as text: cells by '|', rows by ' / ', NULL as "NULL". A failed statement reads
//            "ERROR <sqlstate>"; error() keeps the last one whole.

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "base/disk/simulated_disk.hpp"
#include "engine/engine.hpp"

namespace kodiak::engine {

class TestConnection {
   public:
    explicit TestConnection(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

    Connection& operator*() { return *connection_; }
    Connection* operator->() { return connection_.get(); }
    const Error& error() const { return error_; }

    std::string rows(const std::string& sql) {
        auto result = connection_->execute(sql);
        if (!result.ok()) {
            return failed(result.error());
        }
        QueryResult& answer = *result.value();
        if (answer.kind() == ResultKind::kChangedRows) {
            return "changed " + std::to_string(answer.changed_rows());
        }
        std::string text;
        ResultChunk chunk;
        for (;;) {
            const auto more = answer.next(chunk);
            if (!more.ok()) {
                return failed(more.error());
            }
            if (!more.value()) {
                return text;
            }
            for (size_t row = 0; row < chunk.rows(); ++row) {
                text += text.empty() ? "" : " / ";
                for (size_t column = 0; column < answer.columns().size(); ++column) {
                    text += column > 0 ? "|" : "";
                    text += chunk.is_null(column, row) ? std::string("NULL") : std::string(chunk.text(column, row));
                }
            }
        }
    }
    // The SQLSTATE of a statement that must fail.
    std::string state(const std::string& sql) {
        const std::string answer = rows(sql);
        return answer.starts_with("ERROR ") ? answer.substr(6) : "answered: " + answer;
    }
    // Runs what must succeed.
    void run(const std::string& sql) {
        const std::string answer = rows(sql);
        EXPECT_FALSE(answer.starts_with("ERROR ")) << sql << "\n" << answer << " " << error_.message;
    }

   private:
    std::string failed(const Error& error) {
        error_ = error;
        return "ERROR " + std::string(sqlstate(error.code));
    }
    std::unique_ptr<Connection> connection_;
    Error error_;
};

class TestDatabase {
   public:
    explicit TestDatabase(std::shared_ptr<SimulatedDisk> disk = SimulatedDisk::create(), EngineOptions options = {})
        : disk_(std::move(disk)) {
        core_ = open("/shop.kodiak");
        options.threads = 2;
        auto created = Engine::create(options);
        EXPECT_TRUE(created.ok()) << created.error().message;
        engine_ = std::move(created).value();
        attach("shop", *core_);
    }

    TestConnection connect(const std::string& name = "shop") {
        auto connection = engine_->connect(name);
        EXPECT_TRUE(connection.ok()) << connection.error().message;
        return TestConnection(std::move(connection).value());
    }
    Engine& engine() { return *engine_; }
    timeline::DatabaseCore& core() { return *core_; }
    std::unique_ptr<timeline::DatabaseCore> open(const std::string& path) {
        timeline::Surroundings surroundings = timeline::Surroundings::real();
        surroundings.disk = disk_;
        auto opened = timeline::DatabaseCore::open(surroundings, path, {});
        EXPECT_TRUE(opened.ok()) << opened.error().message;
        return std::move(opened).value();
    }
    void attach(const std::string& name, timeline::DatabaseCore& core) {
        const Status attached = engine_->attach(name, core);
        EXPECT_TRUE(attached.ok()) << attached.error().message;
    }
    // Closes and opens everything. Requires: no connections.
    void reopen() {
        engine_.reset();
        core_.reset();
        *this = TestDatabase(disk_);
    }

   private:
    std::shared_ptr<SimulatedDisk> disk_;
    std::unique_ptr<timeline::DatabaseCore> core_;
    std::unique_ptr<Engine> engine_;  // goes before the core
};

}  // namespace kodiak::engine
