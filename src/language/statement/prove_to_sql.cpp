#include "language/prove.hpp"

#include "language/diagnostics.hpp"
#include "language/lexer/words.hpp"

namespace kodiak::language {

namespace {

std::string table_name(const ProveStatement& prove) {
    std::string table;
    for (const NamePart& part : prove.table) {
        table += (table.empty() ? "" : ".") + quote_name(part.name);
    }
    return table;
}

Result<std::string> row_query(std::string_view text, const ProveStatement& prove, const TableShape& shape) {
    if (shape.primary_key.size() != prove.key.size()) {
        const std::string has = shape.primary_key.empty()
                                    ? "it has none"
                                    : "it has " + std::to_string(shape.primary_key.size()) + " columns";
        return make_error_at(ErrorCode::kInvalidColumnReference,
                             "KEY does not give the primary key of \"" + shape.name + "\": " + has, text,
                             prove.key_clause);
    }
    const std::string table = table_name(prove);
    std::string condition;
    for (size_t i = 0; i < prove.key.size(); ++i) {
        condition += (i == 0 ? "" : " AND ") + quote_name(shape.primary_key[i]) + " = (" +
                     std::string(prove.key[i].in(text)) + ")";
    }
    return "SELECT kodiak_row_proof(" + quote_string(table) + ", rowid) AS proof FROM " + table + prove.at_sql +
           " WHERE " + condition;
}

}  // namespace

Result<std::string> prove_to_sql(std::string_view text, const ProveStatement& prove, const TableShape& shape) {
    switch (prove.what) {
        case ProveStatement::What::kCommit:
            return "SELECT kodiak_commit_proof(" + quote_string(prove.commit) + ") AS proof";
        case ProveStatement::What::kChanges:
            return "SELECT kodiak_changes_proof(" + quote_string(table_name(prove)) + ", " + prove.since + ", " +
                   prove.until + ") AS proof";
        case ProveStatement::What::kConsistency:
            return "SELECT kodiak_growth_proof(" + std::to_string(prove.from) + ", " + std::to_string(prove.to) +
                   ") AS proof";
        case ProveStatement::What::kRow:
            break;
    }
    return row_query(text, prove, shape);
}

}  // namespace kodiak::language
