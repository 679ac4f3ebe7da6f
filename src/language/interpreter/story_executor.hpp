#pragma once

// A small executor for the tests of code: tables in memory, and just enough SQL to have rows, changes and marks.
//
// Understands SELECT items [FROM table | range(a, b)] [WHERE name op value] [ORDER BY name [DESC]] [LIMIT n], INSERT
// INTO t VALUES (...), ... [RETURNING name], UPDATE t SET name = value [WHERE ...], DELETE FROM t [WHERE ...]. Items
// are columns,
// *, parameters, literals, count(*), max(name) and + of two of them. Anything else is 42601, unknown tables are 42P01.

#include <map>
#include <string>
#include <vector>

#include "language/sql_executor.hpp"

namespace kodiak::language {

struct StoryTable {
    std::vector<catalog::NamedType> columns;
    std::vector<std::vector<Value>> rows;
};

class StoryExecutor : public SqlExecutor {
   public:
    StoryExecutor();

    Result<SqlDescription> describe(std::string_view text, const std::vector<SqlName>& names) override;
    Result<std::unique_ptr<SqlRows>> run(std::string_view text, const std::vector<Value>& parameters,
                                         const std::vector<CodeType>& types, const Meter& meter) override;
    Result<uint64_t> mark() override;
    Status undo_to(uint64_t mark) override;
    Status release(uint64_t mark) override;
    Status commit(const std::optional<std::string>& message) override;
    Status rollback() override;
    Result<catalog::Type> find_type(const std::vector<std::string>& name) override;
    Result<std::vector<catalog::NamedType>> table_columns(const std::vector<std::string>& name) override;

    size_t open_marks() const { return marks_.size(); }
    const std::vector<std::string>& commits() const { return commits_; }

   private:
    std::map<std::string, StoryTable> tables_;
    std::map<uint64_t, std::map<std::string, StoryTable>> marks_;
    std::map<std::string, StoryTable> committed_;
    std::vector<std::string> commits_;
    uint64_t next_mark_ = 1;
    Meter own_ = std::make_shared<MemoryMeter>(INT64_MAX);
};

}  // namespace kodiak::language
