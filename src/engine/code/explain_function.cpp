// EXPLAIN FUNCTION: how a function runs, and why; its machine code on demand.

#include <algorithm>

#include "engine/code/code_statements.hpp"
#include "engine/errors/errors.hpp"
#include "engine/types/types.hpp"
#include "language/code.hpp"
#include "language/lexer/words.hpp"

namespace kodiak::engine {

using language::FunctionReport;

namespace {

const char* path_of(FunctionReport::State state) {
    switch (state) {
        case FunctionReport::State::kCompiled:
            return "compiled";
        case FunctionReport::State::kCompiling:
            return "interpreted, compiling";
        default:
            return "interpreted";
    }
}

std::string reason_of(const FunctionReport& report) {
    if (report.state == FunctionReport::State::kCompiled) {
        return report.from_disk ? "its code was found in the cache" : "hot";
    }
    return report.reason;
}

bool takes(const language::Signature& signature, const std::vector<catalog::Type>& wanted) {
    const auto inputs = language::inputs_of(signature);
    return std::equal(inputs.begin(), inputs.end(), wanted.begin(), wanted.end(),
                      [](const auto* input, const catalog::Type& type) { return input->type.type == type; });
}

}  // namespace

Result<CodeStatements::Answer> CodeStatements::explain_function(std::string_view text,
                                                                const language::OwnStatement& statement) {
    bool shows_ir = false;
    bool shows_assembly = false;
    for (const language::Span& span : fields_of(statement, "option")) {
        const std::string_view option = span.in(text);
        shows_ir = shows_ir || language::same_name(option, "IR");
        shows_assembly = shows_assembly || language::same_name(option, "ASSEMBLY");
        if (!shows_ir && !shows_assembly) {
            return make_error(ErrorCode::kInvalidValue, "unknown option of EXPLAIN FUNCTION: " + std::string(option))
                .with_hint("There are IR and ASSEMBLY.");
        }
    }
    KODIAK_TRY_ASSIGN(const Place where, place(name_parts(statement.field("name")->in(text))));
    const auto library = session_.library(context_);
    auto overloads = library->find({{where.schema_name, {}}, {where.name, {}}}, &executor_);
    if (text.find('(', statement.field("name")->end()) != std::string_view::npos) {
        std::vector<catalog::Type> wanted;
        for (const language::Span& span : fields_of(statement, "type")) {
            wanted.push_back(to_catalog_type(context_.ParseLogicalType(std::string(span.in(text)))));
        }
        std::erase_if(overloads, [&](const auto& one) { return !takes(*one, wanted); });
    }
    if (overloads.empty()) {
        return make_error(ErrorCode::kUndefinedFunction,
                          "there is no such function: " + std::string(text.substr(statement.field("name")->offset)));
    }
    using duckdb::LogicalType;
    std::vector<std::string> names{"function", "path", "reason", "calls", "compile_ms", "code_hash"};
    std::vector<LogicalType> types{LogicalType::VARCHAR, LogicalType::VARCHAR, LogicalType::VARCHAR,
                                   LogicalType::UBIGINT, LogicalType::DOUBLE,  LogicalType::VARCHAR};
    if (shows_ir || shows_assembly) {
        names.emplace_back("listing");
        types.push_back(LogicalType::VARCHAR);
    }
    AnswerRows rows(std::move(names), std::move(types));
    language::Jit* const jit = session_.jit();
    for (const auto& one : overloads) {
        FunctionReport report;
        report.reason = "there is no code generator";
        if (library->program(one->code) == nullptr) {
            report.reason = library->problem(*one).message;
        } else if (jit != nullptr) {
            report = jit->report(*one, *library);
        }
        std::vector<duckdb::Value> row{duckdb::Value(language::candidates_text({one})),
                                       duckdb::Value(path_of(report.state)),
                                       duckdb::Value(reason_of(report)),
                                       duckdb::Value::UBIGINT(report.calls),
                                       duckdb::Value::DOUBLE(static_cast<double>(report.compile_micros) / 1000.0),
                                       duckdb::Value(report.hash)};
        if (shows_ir || shows_assembly) {
            const auto listing = jit == nullptr ? Result<std::string>(std::string())
                                                : jit->listing(*one, *library, shows_assembly);
            row.push_back(listing.ok() ? duckdb::Value(*listing) : duckdb::Value(LogicalType::VARCHAR));
        }
        rows.add(std::move(row));
    }
    return std::move(rows).finish(context_);
}

}  // namespace kodiak::engine
