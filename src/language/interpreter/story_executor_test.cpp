#include "language/interpreter/story_executor.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "language/lexer/lexer.hpp"
#include "language/lexer/words.hpp"
#include "language/statement/token_cursor.hpp"
#include "language/values/cast.hpp"

namespace kodiak::language {
namespace {

using catalog::TypeKind;

Error refuse(ErrorCode code, std::string message) { return make_error(code, std::move(message)); }

// A value in a statement: of a column, of a parameter, or written down; or the sum of two.
struct Operand {
    enum class Kind : uint8_t { kColumn, kParameter, kLiteral, kCountAll, kMax, kAll } kind = Kind::kLiteral;
    size_t index = 0;
    Value literal;
    CodeType type;
    std::string name;
    std::vector<Operand> plus;
};

struct Plan {
    enum class Kind : uint8_t { kSelect, kInsert, kUpdate, kDelete } kind = Kind::kSelect;
    std::vector<Operand> items;
    std::string table;
    std::vector<Operand> range;
    std::vector<std::vector<Operand>> rows;
    std::optional<size_t> where_column;
    std::string where_op;
    Operand where_value;
    std::optional<size_t> order;
    bool descending = false;
    std::optional<Operand> limit;
    std::optional<size_t> set_column;
    Operand set_value;
    bool returning = false;
    std::vector<catalog::NamedType> source;  // columns of the table or range
};

class PlanParser {
   public:
    PlanParser(std::string_view text, const std::vector<Token>& tokens, const std::map<std::string, StoryTable>& tables,
               const std::vector<SqlName>& names, const std::vector<CodeType>& types, const Meter& meter)
        : cursor_(text, tokens), tables_(tables), names_(names), types_(types), meter_(meter) {
        meanings.resize(names.size(), NameMeaning::kVariable);
    }

    Result<Plan> parse() {
        if (cursor_.accept_words({"select"})) {
            // SELECT (SELECT ...) is how an expression asks.
            const bool inner = cursor_.at_symbol('(') && cursor_.at_word("select", 1);
            cursor_.move_to(cursor_.index() + (inner ? 2 : 0));
            KODIAK_TRY(select());
            if (inner) {
                cursor_.advance();
            }
        } else if (cursor_.accept_words({"insert", "into"})) {
            KODIAK_TRY(insert());
        } else if (cursor_.accept_word("update")) {
            KODIAK_TRY(update());
        } else if (cursor_.accept_words({"delete", "from"})) {
            plan_.kind = Plan::Kind::kDelete;
            KODIAK_TRY(use_table());
            KODIAK_TRY(where());
        } else {
            return cursor_.unexpected({"SELECT", "INSERT", "UPDATE", "DELETE"});
        }
        KODIAK_TRY(cursor_.expect_end({"the end"}));
        return std::move(plan_);
    }

    std::vector<NameMeaning> meanings;

   private:
    Status use_table() {
        const std::string name = fold_name(name_value(cursor_.text(), cursor_.peek()));
        const auto found = tables_.find(name);
        if (found == tables_.end()) {
            return refuse(ErrorCode::kUndefinedTable, "table \"" + name + "\" does not exist");
        }
        cursor_.advance();
        plan_.table = name;
        plan_.source = found->second.columns;
        return ok_status();
    }

    // The table stands behind the items, so it is read first.
    Status find_source() {
        const size_t start = cursor_.index();
        size_t depth = 0;
        while (!cursor_.at_end() && (depth > 0 || !cursor_.at_word("from"))) {
            depth += cursor_.at_symbol('(') ? 1 : 0;
            depth -= cursor_.at_symbol(')') && depth > 0 ? 1 : 0;
            cursor_.advance();
        }
        if (cursor_.accept_word("from")) {
            if (cursor_.at_word("range") && cursor_.at_symbol('(', 1)) {
                plan_.source = {{"range", code_type(TypeKind::kBigInt).type}};
            } else {
                KODIAK_TRY(use_table());
            }
        }
        cursor_.move_to(start);
        return ok_status();
    }

    Status select() {
        KODIAK_TRY(find_source());
        do {
            KODIAK_TRY_ASSIGN(Operand item, operand());
            if (cursor_.accept_word("as")) {
                item.name = name_value(cursor_.text(), cursor_.peek());
                cursor_.advance();
            }
            plan_.items.push_back(std::move(item));
        } while (cursor_.accept_symbol(','));
        if (cursor_.accept_word("from")) {
            cursor_.advance();
            if (plan_.table.empty()) {
                cursor_.advance();
                for (int k = 0; k < 2; ++k) {
                    KODIAK_TRY_ASSIGN(Operand bound, operand());
                    plan_.range.push_back(std::move(bound));
                    cursor_.advance();
                }
            }
        }
        KODIAK_TRY(where());
        if (cursor_.accept_words({"order", "by"})) {
            KODIAK_TRY_ASSIGN(plan_.order, column());
            plan_.descending = cursor_.accept_word("desc");
        }
        if (cursor_.accept_word("limit")) {
            KODIAK_TRY_ASSIGN(plan_.limit, operand());
        }
        return ok_status();
    }

    Status insert() {
        plan_.kind = Plan::Kind::kInsert;
        KODIAK_TRY(use_table());
        if (!cursor_.accept_word("values")) {
            return cursor_.unexpected({"VALUES"});
        }
        do {
            cursor_.advance();
            std::vector<Operand> row;
            do {
                KODIAK_TRY_ASSIGN(Operand value, operand());
                row.push_back(std::move(value));
            } while (cursor_.accept_symbol(','));
            cursor_.advance();
            if (row.size() != plan_.source.size()) {
                return refuse(ErrorCode::kSyntax, "a row has the wrong number of values");
            }
            plan_.rows.push_back(std::move(row));
        } while (cursor_.accept_symbol(','));
        if (cursor_.accept_word("returning")) {
            plan_.returning = true;
            KODIAK_TRY_ASSIGN(Operand item, operand());
            plan_.items.push_back(std::move(item));
        }
        return ok_status();
    }

    Status update() {
        plan_.kind = Plan::Kind::kUpdate;
        KODIAK_TRY(use_table());
        cursor_.advance();
        KODIAK_TRY_ASSIGN(plan_.set_column, column());
        cursor_.advance();
        KODIAK_TRY_ASSIGN(plan_.set_value, operand());
        return where();
    }

    Status where() {
        if (!cursor_.accept_word("where")) {
            return ok_status();
        }
        KODIAK_TRY_ASSIGN(plan_.where_column, column());
        plan_.where_op = cursor_.text_of(cursor_.peek());
        cursor_.advance();
        KODIAK_TRY_ASSIGN(plan_.where_value, operand());
        return ok_status();
    }

    Result<std::optional<size_t>> column() {
        const std::string name = name_value(cursor_.text(), cursor_.peek());
        for (size_t i = 0; i < plan_.source.size(); ++i) {
            if (same_name(plan_.source[i].name, name)) {
                for (size_t k = 0; k < names_.size(); ++k) {
                    if (names_[k].span == cursor_.peek().span) {
                        meanings[k] = NameMeaning::kBoth;
                    }
                }
                cursor_.advance();
                return std::optional(i);
            }
        }
        return refuse(ErrorCode::kUndefinedColumn, "column \"" + name + "\" does not exist");
    }

    Result<Operand> operand() {
        KODIAK_TRY_ASSIGN(Operand left, simple());
        if (cursor_.peek().kind == TokenKind::kOperator && cursor_.text_of(cursor_.peek()) == "+") {
            cursor_.advance();
            KODIAK_TRY_ASSIGN(Operand right, simple());
            left.plus.push_back(std::move(right));
        }
        return left;
    }

    Result<Operand> simple() {
        Operand result;
        const Token token = cursor_.peek();
        const std::string_view word = cursor_.text_of(token);
        result.name = std::string(word);
        const bool call = token.kind == TokenKind::kWord && cursor_.at_symbol('(', 1);
        for (size_t k = 0; k < names_.size() && !call; ++k) {
            if (names_[k].span.offset == token.span.offset) {
                const bool both =
                    token.kind == TokenKind::kWord && column_of(word).has_value() && names_[k].span == token.span;
                meanings[k] = both ? NameMeaning::kBoth : NameMeaning::kVariable;
                while (cursor_.peek().span.offset < names_[k].span.end()) {
                    cursor_.advance();
                }
                result.kind = Operand::Kind::kParameter;
                result.type = names_[k].type;
                return result;
            }
        }
        cursor_.advance();
        if (word == "*") {
            result.kind = Operand::Kind::kAll;
        } else if (call) {
            result.kind = same_word(word, "count") ? Operand::Kind::kCountAll : Operand::Kind::kMax;
            result.type = code_type(TypeKind::kBigInt);
            cursor_.advance();
            if (result.kind == Operand::Kind::kMax) {
                KODIAK_TRY_ASSIGN(const std::optional<size_t> index, column());
                result.index = *index;
                result.type.type = plan_.source[*index].type;
            } else {
                cursor_.advance();
            }
            cursor_.advance();
        } else if (token.kind == TokenKind::kParameter) {
            std::from_chars(word.data() + 1, word.data() + word.size(), result.index);
            result.kind = Operand::Kind::kParameter;
            result.type = result.index >= 1 && result.index <= types_.size() ? types_[result.index - 1] : CodeType();
        } else if (token.kind == TokenKind::kNumber) {
            result.type = code_type(TypeKind::kInteger);
            result.literal = Value::integer(static_cast<int64_t>(read_decimal(word, 0).value_or(0)));
        } else if (token.kind == TokenKind::kString) {
            result.type = code_type(TypeKind::kVarchar);
            result.literal = text_value(meter_, string_value(cursor_.text(), token).value());
        } else if (same_word(word, "null")) {
            result.type = code_type(TypeKind::kSqlNull);
        } else if (const auto index = column_of(word)) {
            result.kind = Operand::Kind::kColumn;
            result.index = *index;
            result.type.type = plan_.source[*index].type;
        } else {
            return refuse(ErrorCode::kUndefinedColumn, "column \"" + std::string(word) + "\" does not exist");
        }
        return result;
    }

    std::optional<size_t> column_of(std::string_view name) const {
        for (size_t i = 0; i < plan_.source.size(); ++i) {
            if (same_name(plan_.source[i].name, name)) {
                return i;
            }
        }
        return std::nullopt;
    }

    TokenCursor cursor_;
    const std::map<std::string, StoryTable>& tables_;
    std::vector<SqlName> names_;
    std::vector<CodeType> types_;
    const Meter& meter_;
    Plan plan_;
};

std::vector<catalog::NamedType> columns_of(const Plan& plan) {
    std::vector<catalog::NamedType> columns;
    for (const Operand& item : plan.items) {
        if (item.kind == Operand::Kind::kAll) {
            columns.insert(columns.end(), plan.source.begin(), plan.source.end());
        } else {
            columns.push_back({item.name, item.type.type});
        }
    }
    return columns;
}

// Rows that lie ready, or numbers that are counted off (so that endless ranges can be tested).
class StoryRows : public SqlRows {
   public:
    StoryRows(std::vector<catalog::NamedType> columns, std::vector<std::vector<Value>> rows, int64_t changed)
        : rows_(std::move(rows)), count_(changed) {
        auto shape = std::make_shared<catalog::Type>();
        shape->kind = TypeKind::kStruct;
        shape->children = std::move(columns);
        shape_ = std::move(shape);
    }
    void count_off(int64_t first, int64_t last) {
        next_ = first;
        last_ = last;
    }
    const std::shared_ptr<const catalog::Type>& shape() const override { return shape_; }
    Result<bool> next(std::vector<Value>& row) override {
        if (next_ < last_) {
            row = {Value::integer(next_++)};
            ++count_;
            return true;
        }
        if (at_ == rows_.size()) {
            return false;
        }
        row = rows_[at_++];
        count_ += changed_only() ? 0 : 1;
        return true;
    }
    int64_t row_count() const override { return count_; }
    void set_changed_only() { changed_only_ = true; }

   private:
    bool changed_only() const { return changed_only_; }
    std::shared_ptr<const catalog::Type> shape_;
    std::vector<std::vector<Value>> rows_;
    size_t at_ = 0;
    int64_t next_ = 0;
    int64_t last_ = 0;
    int64_t count_;
    bool changed_only_ = false;
};

struct Evaluation {
    const std::vector<Value>& parameters;
    const Meter& meter;

    Result<Value> value(const Operand& operand, const std::vector<Value>* row, const CodeType& wanted) const {
        Value result = operand.literal;
        if (operand.kind == Operand::Kind::kParameter) {
            result = parameters.at(operand.index - 1);
        } else if (operand.kind == Operand::Kind::kColumn) {
            result = row->at(operand.index);
        }
        if (!operand.plus.empty()) {
            KODIAK_TRY_ASSIGN(const Value right, value(operand.plus[0], row, operand.type));
            result = result.is_null() || right.is_null() ? Value() : Value::integer(result.integer() + right.integer());
        }
        return cast_value(result, operand.type.type, wanted.type, meter);
    }
};

bool holds(std::string_view op, int order) {
    return op == "="    ? order == 0
           : op == "<"  ? order < 0
           : op == ">"  ? order > 0
           : op == "<=" ? order <= 0
                        : order >= 0;
}

Result<std::vector<size_t>> matching(const Plan& plan, const std::vector<std::vector<Value>>& rows,
                                     const Evaluation& evaluation) {
    std::vector<size_t> found;
    for (size_t i = 0; i < rows.size(); ++i) {
        if (plan.where_column) {
            CodeType type;
            type.type = plan.source[*plan.where_column].type;
            KODIAK_TRY_ASSIGN(const Value right, evaluation.value(plan.where_value, &rows[i], type));
            const Value& left = rows[i][*plan.where_column];
            if (left.is_null() || right.is_null() || !holds(plan.where_op, compare_values(left, right, type.type))) {
                continue;
            }
        }
        found.push_back(i);
    }
    return found;
}

Result<std::unique_ptr<SqlRows>> run_select(const Plan& plan, const std::vector<std::vector<Value>>& rows,
                                            const Evaluation& evaluation) {
    const CodeType big = code_type(TypeKind::kBigInt);
    if (!plan.range.empty()) {
        KODIAK_TRY_ASSIGN(const Value first, evaluation.value(plan.range[0], nullptr, big));
        KODIAK_TRY_ASSIGN(const Value last, evaluation.value(plan.range[1], nullptr, big));
        auto counted = std::make_unique<StoryRows>(columns_of(plan), std::vector<std::vector<Value>>(), 0);
        counted->count_off(first.integer(), last.integer());
        return std::unique_ptr<SqlRows>(std::move(counted));
    }
    const std::vector<std::vector<Value>> single(1);
    const auto& source = plan.table.empty() ? single : rows;
    KODIAK_TRY_ASSIGN(std::vector<size_t> found, matching(plan, source, evaluation));
    if (plan.order) {
        std::stable_sort(found.begin(), found.end(), [&](size_t a, size_t b) {
            const int order = compare_values(rows[a][*plan.order], rows[b][*plan.order], plan.source[*plan.order].type);
            return plan.descending ? order > 0 : order < 0;
        });
    }
    const bool aggregate = plan.items[0].kind == Operand::Kind::kCountAll || plan.items[0].kind == Operand::Kind::kMax;
    std::vector<std::vector<Value>> out;
    if (aggregate) {
        Value best;
        for (const size_t i : found) {
            const Value& one = rows[i][plan.items[0].index];
            best = best.is_null() || compare_values(one, best, plan.items[0].type.type) > 0 ? one : best;
        }
        out.push_back({plan.items[0].kind == Operand::Kind::kCountAll
                           ? Value::integer(static_cast<int64_t>(found.size()))
                           : best});
    }
    int64_t limit = INT64_MAX;
    if (plan.limit) {
        KODIAK_TRY_ASSIGN(const Value given, evaluation.value(*plan.limit, nullptr, big));
        limit = given.integer();
    }
    for (size_t k = 0; k < found.size() && !aggregate && static_cast<int64_t>(k) < limit; ++k) {
        std::vector<Value> row;
        for (const Operand& item : plan.items) {
            if (item.kind == Operand::Kind::kAll) {
                row.insert(row.end(), source[found[k]].begin(), source[found[k]].end());
                continue;
            }
            KODIAK_TRY_ASSIGN(Value value, evaluation.value(item, &source[found[k]], item.type));
            row.push_back(std::move(value));
        }
        out.push_back(std::move(row));
    }
    return std::unique_ptr<SqlRows>(std::make_unique<StoryRows>(columns_of(plan), std::move(out), 0));
}

Result<std::unique_ptr<SqlRows>> run_change(const Plan& plan, StoryTable& table, const Evaluation& evaluation) {
    std::vector<std::vector<Value>> returned;
    int64_t changed = 0;
    if (plan.kind == Plan::Kind::kInsert) {
        for (const std::vector<Operand>& given : plan.rows) {
            std::vector<Value> row;
            for (size_t i = 0; i < given.size(); ++i) {
                CodeType type;
                type.type = table.columns[i].type;
                KODIAK_TRY_ASSIGN(Value value, evaluation.value(given[i], nullptr, type));
                row.push_back(std::move(value));
            }
            for (const std::vector<Value>& other : table.rows) {
                if (compare_values(other[0], row[0], table.columns[0].type) == 0) {
                    return refuse(ErrorCode::kUniqueViolation,
                                  "duplicate key " + value_text(row[0], table.columns[0].type));
                }
            }
            table.rows.push_back(row);
            if (plan.returning) {
                KODIAK_TRY_ASSIGN(Value value, evaluation.value(plan.items[0], &row, plan.items[0].type));
                returned.push_back({std::move(value)});
            }
            ++changed;
        }
    } else {
        KODIAK_TRY_ASSIGN(const std::vector<size_t> found, matching(plan, table.rows, evaluation));
        changed = static_cast<int64_t>(found.size());
        for (size_t k = found.size(); k > 0; --k) {
            if (plan.kind == Plan::Kind::kDelete) {
                table.rows.erase(table.rows.begin() + static_cast<ptrdiff_t>(found[k - 1]));
                continue;
            }
            CodeType type;
            type.type = table.columns[*plan.set_column].type;
            KODIAK_TRY_ASSIGN(Value value, evaluation.value(plan.set_value, &table.rows[found[k - 1]], type));
            table.rows[found[k - 1]][*plan.set_column] = std::move(value);
        }
    }
    auto rows = std::make_unique<StoryRows>(columns_of(plan), std::move(returned), changed);
    rows->set_changed_only();
    return std::unique_ptr<SqlRows>(std::move(rows));
}

}  // namespace

StoryExecutor::StoryExecutor() {
    const auto text = [&](const char* value) { return text_value(own_, value); };
    tables_["users"] = {
        {{"id", code_type(TypeKind::kInteger).type}, {"name", code_type(TypeKind::kVarchar).type}},
        {{Value::integer(1), text("Ann")}, {Value::integer(2), text("Bob")}, {Value::integer(3), text("Cid")}}};
    tables_["log"] = {{{"n", code_type(TypeKind::kBigInt).type}}, {}};
    tables_["orders"] = {{{"order_id", code_type(TypeKind::kBigInt).type},
                          {"total", decimal_type(12, 2).type},
                          {"day", code_type(TypeKind::kDate).type}},
                         {{Value::integer(10), Value::huge(1250), Value::integer(20454)},
                          {Value::integer(11), Value::huge(-300), Value::integer(20455)}}};
    committed_ = tables_;
}

Result<SqlDescription> StoryExecutor::describe(std::string_view text, const std::vector<SqlName>& names) {
    KODIAK_TRY_ASSIGN(const std::vector<Token> tokens, tokenize(text));
    PlanParser parser(text, tokens, tables_, names, {}, own_);
    KODIAK_TRY_ASSIGN(const Plan plan, parser.parse());
    SqlDescription description;
    description.names = parser.meanings;
    description.columns = columns_of(plan);
    description.writes = plan.kind != Plan::Kind::kSelect;
    return description;
}

Result<std::unique_ptr<SqlRows>> StoryExecutor::run(std::string_view text, const std::vector<Value>& parameters,
                                                    const std::vector<CodeType>& types, const Meter& meter) {
    KODIAK_TRY_ASSIGN(const std::vector<Token> tokens, tokenize(text));
    PlanParser parser(text, tokens, tables_, {}, types, own_);
    KODIAK_TRY_ASSIGN(const Plan plan, parser.parse());
    static_cast<void>(meter);
    // What stays in a table must not count on a run that ends.
    const Evaluation evaluation{parameters, own_};
    if (plan.kind == Plan::Kind::kSelect) {
        return run_select(plan, plan.table.empty() ? std::vector<std::vector<Value>>() : tables_[plan.table].rows,
                          evaluation);
    }
    return run_change(plan, tables_[plan.table], evaluation);
}

Result<uint64_t> StoryExecutor::mark() {
    marks_[next_mark_] = tables_;
    return next_mark_++;
}
Status StoryExecutor::undo_to(uint64_t mark) {
    tables_ = marks_.at(mark);
    return ok_status();
}
Status StoryExecutor::release(uint64_t mark) {
    marks_.erase(marks_.find(mark), marks_.end());
    return ok_status();
}
Status StoryExecutor::commit(const std::optional<std::string>& message) {
    committed_ = tables_;
    commits_.push_back(message.value_or(""));
    return ok_status();
}
Status StoryExecutor::rollback() {
    tables_ = committed_;
    return ok_status();
}

Result<catalog::Type> StoryExecutor::find_type(const std::vector<std::string>& name) {
    if (fold_name(name.back()) == "mood") {
        catalog::Type type;
        type.kind = TypeKind::kEnum;
        type.labels = {"sad", "ok", "happy"};
        type.alias = "mood";
        return type;
    }
    return refuse(ErrorCode::kUndefinedObject, "type \"" + name.back() + "\" does not exist");
}

Result<std::vector<catalog::NamedType>> StoryExecutor::table_columns(const std::vector<std::string>& name) {
    const auto found = tables_.find(fold_name(name.back()));
    if (found == tables_.end()) {
        return refuse(ErrorCode::kUndefinedTable, "table \"" + name.back() + "\" does not exist");
    }
    return found->second.columns;
}

}  // namespace kodiak::language
