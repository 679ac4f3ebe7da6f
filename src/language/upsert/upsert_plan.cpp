#include "language/upsert/upsert_plan.hpp"

#include <algorithm>

#include "language/diagnostics.hpp"
#include "language/lexer/words.hpp"

namespace kodiak::language {
namespace {

using Columns = std::vector<const ShapeColumn*>;

const ShapeColumn* find_column(const TableShape& shape, std::string_view name) {
    for (const ShapeColumn& column : shape.columns) {
        if (same_name(column.name, name)) {
            return &column;
        }
    }
    return nullptr;
}

bool holds(const Columns& columns, const ShapeColumn* column) {
    return std::find(columns.begin(), columns.end(), column) != columns.end();
}

// Finds the columns that a list names, each once.
Result<Columns> resolve(std::string_view text, const TableShape& shape, const std::vector<NamePart>& names) {
    Columns columns;
    for (const NamePart& part : names) {
        const ShapeColumn* column = find_column(shape, part.name);
        if (column == nullptr) {
            std::vector<std::string> candidates;
            for (const ShapeColumn& candidate : shape.columns) {
                candidates.push_back(candidate.name);
            }
            return make_error_at(ErrorCode::kUndefinedColumn,
                                 "column " + quote_name(part.name) + " does not exist in " + quote_name(shape.name),
                                 text, part.span)
                .with_hint(did_you_mean(part.name, candidates));
        }
        if (holds(columns, column)) {
            return make_error_at(ErrorCode::kDuplicateColumn, "column " + quote_name(part.name) + " is named twice",
                                 text, part.span);
        }
        columns.push_back(column);
    }
    return columns;
}

// True if every column of the declared key is in `key`.
bool covers(const UpsertPlan& plan, const std::vector<std::string>& declared) {
    return !declared.empty() && std::all_of(declared.begin(), declared.end(), [&](const std::string& name) {
        return holds(plan.key, find_column(plan.shape, name));
    });
}

void note_declared_key(UpsertPlan& plan, const std::vector<std::string>& declared) {
    if (covers(plan, declared)) {
        plan.key_finds_one_row = true;
        plan.key_is_declared = plan.key_is_declared || declared.size() == plan.key.size();
    }
}

Status resolve_key(std::string_view text, const UpsertStatement& statement, UpsertPlan& plan) {
    const Span target = statement.target.back().span;
    if (!statement.key.empty()) {
        KODIAK_TRY_ASSIGN(plan.key, resolve(text, plan.shape, statement.key));
        return ok_status();
    }
    if (plan.shape.primary_key.empty()) {
        return make_error_at(ErrorCode::kInvalidColumnReference,
                             "UPSERT needs a key, but " + quote_name(plan.shape.name) + " has no primary key", text,
                             target)
            .with_hint("Add KEY (column, ...) behind the columns to say which of them find the row.");
    }
    for (const std::string& name : plan.shape.primary_key) {
        plan.key.push_back(find_column(plan.shape, name));
    }
    return ok_status();
}

Status resolve_given(std::string_view text, const UpsertStatement& statement, UpsertPlan& plan) {
    if (statement.source_kind == UpsertSource::kDefaultValues) {
        if (!statement.columns.empty()) {
            return make_error_at(ErrorCode::kSyntax, "DEFAULT VALUES takes no list of columns", text,
                                 statement.columns.front().span);
        }
        plan.given = plan.key;  // all other columns get their default by themselves
        return ok_status();
    }
    KODIAK_TRY_ASSIGN(plan.given, resolve(text, plan.shape, statement.columns));
    if (!statement.columns.empty()) {
        return ok_status();
    }
    for (const ShapeColumn& column : plan.shape.columns) {
        if (!column.generated) {
            plan.given.push_back(&column);
        }
    }
    return ok_status();
}

Status check_given(std::string_view text, const UpsertStatement& statement, const UpsertPlan& plan) {
    for (size_t i = 0; i < plan.given.size(); ++i) {
        if (plan.given[i]->generated) {
            const Span where = i < statement.columns.size() ? statement.columns[i].span : statement.target.back().span;
            return make_error_at(ErrorCode::kGeneratedAlways,
                                 "column " + quote_name(plan.given[i]->name) + " is generated and cannot be written",
                                 text, where);
        }
    }
    for (size_t i = 0; i < plan.key.size(); ++i) {
        if (!holds(plan.given, plan.key[i])) {
            const Span where = i < statement.key.size() ? statement.key[i].span : statement.target.back().span;
            return make_error_at(ErrorCode::kInvalidColumnReference,
                                 "key column " + quote_name(plan.key[i]->name) + " is not among the columns given",
                                 text, where)
                .with_hint("Give every column of the key a value.");
        }
    }
    return ok_status();
}

}  // namespace

bool UpsertPlan::is_key(const ShapeColumn* column) const { return holds(key, column); }

Result<UpsertPlan> plan_upsert(std::string_view text, const UpsertStatement& statement, CatalogLookup& catalog) {
    std::vector<std::string> parts;
    for (const NamePart& part : statement.target) {
        parts.push_back(part.name);
    }
    const Span target = Span::from_to(statement.target.front().span, statement.target.back().span);
    Result<TableShape> shape = catalog.table_shape(parts);
    if (!shape.ok()) {
        Error error = std::move(shape).error();
        if (error.position.line == 0) {
            set_position(error, text, target);
        }
        return error;
    }
    UpsertPlan plan;
    plan.shape = std::move(shape).value();
    KODIAK_TRY(resolve_key(text, statement, plan));
    if (holds(plan.key, nullptr)) {
        return make_error_at(ErrorCode::kInternal, "the primary key names a column that the table does not have", text,
                             target);
    }
    KODIAK_TRY(resolve_given(text, statement, plan));
    KODIAK_TRY(check_given(text, statement, plan));
    note_declared_key(plan, plan.shape.primary_key);
    for (const std::vector<std::string>& unique_key : plan.shape.unique_keys) {
        note_declared_key(plan, unique_key);
    }
    if (statement.prefix == UpsertPrefix::kPrepare && !plan.key_is_declared) {
        return make_error_at(ErrorCode::kUnsupported, "PREPARE ... AS UPSERT needs a key that is declared unique", text,
                             target)
            .with_hint(
                "Prepare the UPSERT through the client's own call, which has no such limit, or declare the key.");
    }
    return plan;
}

}  // namespace kodiak::language
