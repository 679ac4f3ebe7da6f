// Instructions of SQL: running statements, rows, cursors, transactions.

#include <algorithm>

#include "language/interpreter/dispatch.hpp"
#include "language/values/cast.hpp"

namespace kodiak::language {

using catalog::Type;

namespace {

const Instruction* start(Machine& m, const Instruction* i, std::string_view text, const Value* first, size_t count,
                         const std::vector<CodeType>& types) {
    SqlExecutor* executor = m.environment().executor;
    if (executor == nullptr) {
        return m.fail(i, "0A000", "SQL cannot run here");
    }
    Result<std::unique_ptr<SqlRows>> rows =
        executor->run(text, std::vector<Value>(first, first + count), types, m.meter());
    if (!rows.ok()) {
        return m.fail(i, rows.error());
    }
    m.slot(i->a) = std::move(*rows);
    return m.safepoint(i, i + 1);
}

const Instruction* run_sql(Machine& m, const Instruction* i) {
    const ProgramSql& sql = m.program().sql[static_cast<size_t>(i->d)];
    return start(m, i, sql.text, m.r + i->b, i->c, sql.types);
}

const Instruction* run_text(Machine& m, const Instruction* i) {
    if (m.r[i->b].is_null()) {
        return m.fail(i, "22004", "the text of EXECUTE is NULL");
    }
    const std::string text = m.r[i->b].text();
    return start(m, i, text, m.r + i->b + 1, i->c, m.program().parameter_types[static_cast<size_t>(i->d)]);
}

const Instruction* fetch_row(Machine& m, const Instruction* i) {
    SqlRows* rows = m.slot(i->b).get();
    std::vector<Value> row;
    const Result<bool> more = rows == nullptr ? Result<bool>(false) : rows->next(row);
    if (!more.ok()) {
        return m.fail(i, more.error());
    }
    if (!*more) {
        m.row_count = rows == nullptr ? 0 : rows->row_count();
        return m.jump(i);
    }
    m.r[i->a] = record_value(m.meter(), rows->shape(), std::move(row));
    return i + 1;
}

// Runs the statement to its end; b: keep the count of rows fetched so far (SELECT INTO).
const Instruction* drain_rows(Machine& m, const Instruction* i) {
    SqlRows* rows = m.slot(i->a).get();
    std::vector<Value> row;
    while (rows != nullptr) {
        const Result<bool> more = rows->next(row);
        if (!more.ok()) {
            return m.fail(i, more.error());
        }
        if (!*more) {
            break;
        }
        row.clear();
    }
    m.row_count = rows == nullptr ? 0 : rows->row_count();
    m.slot(i->a).reset();
    return i + 1;
}

const Instruction* close_rows(Machine& m, const Instruction* i) {
    m.slot(i->a).reset();
    return i + 1;
}

const Instruction* column(Machine& m, const Instruction* i) {
    const Value& record = m.r[i->b];
    const auto index = static_cast<size_t>(i->d);
    if (index >= record.items().size()) {
        return m.fail(i, "42601",
                      "the query gives " + std::to_string(record.items().size()) + " columns, column " +
                          std::to_string(index + 1) + " is asked for");
    }
    Result<Value> result =
        cast_value(record.items()[index], record.shape()->children[index].type, m.program().types[i->c], m.meter());
    if (!result.ok()) {
        return m.fail(i, result.error());
    }
    m.r[i->a] = std::move(*result);
    return i + 1;
}

const Instruction* row_count(Machine& m, const Instruction* i) {
    m.r[i->a].set(m.row_count);
    return i + 1;
}

const Instruction* found_rows(Machine& m, const Instruction* i) {
    m.r[i->a].set(int64_t{m.row_count > 0});
    return i + 1;
}

// Hands out the rows of a query one by one: the instruction runs again for each.
const Instruction* yield_rows(Machine& m, const Instruction* i) {
    SqlRows* rows = m.slot(i->a).get();
    std::vector<Value> row;
    const Result<bool> more = rows == nullptr ? Result<bool>(false) : rows->next(row);
    if (!more.ok()) {
        return m.fail(i, more.error());
    }
    if (!*more) {
        m.row_count = rows == nullptr ? 0 : rows->row_count();
        m.slot(i->a).reset();
        return i + 1;
    }
    const Type& type = m.program().types[static_cast<size_t>(i->d)];
    const Type& shape = *rows->shape();
    const bool whole =
        type.kind == catalog::TypeKind::kStruct && m.program().signature->result.form == TypeForm::kValue;
    Result<Value> result = Value();
    if (whole && shape.children.size() == type.children.size()) {
        result = cast_value(record_value(m.meter(), rows->shape(), std::move(row)), shape, type, m.meter());
    } else if (m.program().signature->result.form != TypeForm::kValue) {
        result = record_value(m.meter(), rows->shape(), std::move(row));
    } else if (shape.children.size() == 1) {
        result = cast_value(row[0], shape.children[0].type, type, m.meter());
    } else {
        return m.fail(i, "42804", "the rows of the query do not fit the result");
    }
    if (!result.ok()) {
        return m.fail(i, result.error());
    }
    m.r[i->b] = std::move(*result);
    return m.yield(i, m.r[i->b]);
}

Portal* find_portal(Machine& m, uint16_t variable) {
    const Value& name = m.r[variable];
    if (name.is_null()) {
        return nullptr;
    }
    const auto found = m.portals().find(name.text());
    return found == m.portals().end() ? nullptr : &found->second;
}

const Instruction* open_cursor(Machine& m, const Instruction* i) {
    const Portal* known = find_portal(m, i->a);
    const std::string& name = m.program().names[static_cast<size_t>(i->d)];
    if (known != nullptr && known->open) {
        return m.fail(i, "42P03", "cursor \"" + name + "\" is open already");
    }
    Portal portal;
    portal.open = true;
    portal.scroll = i->c != 0;
    portal.rows = std::move(m.slot(i->b));
    portal.shape = portal.rows->shape();
    const std::string unique = name + "#" + std::to_string(++m.portal_count);
    m.portals()[unique] = std::move(portal);
    m.r[i->a] = text_value(m.meter(), unique);
    return i + 1;
}

// Reads one more row; false at the end.
Result<bool> read_more(Portal& portal, Machine& m, Value& row) {
    if (portal.at_end) {
        return false;
    }
    std::vector<Value> values;
    KODIAK_TRY_ASSIGN(const bool more, portal.rows->next(values));
    if (!more) {
        portal.at_end = true;
        return false;
    }
    row = record_value(m.meter(), portal.shape, std::move(values));
    if (portal.scroll) {
        portal.fetched.push_back(row);
    }
    return true;
}

// Moves to an absolute position of a SCROLL cursor and reads the row there, NULL outside.
Status go_to(Portal& portal, Machine& m, int64_t position, Value& row) {
    while (!portal.at_end && (position > static_cast<int64_t>(portal.fetched.size()))) {
        KODIAK_TRY_ASSIGN(const bool more, read_more(portal, m, row));
        if (!more) {
            break;
        }
    }
    const auto count = static_cast<int64_t>(portal.fetched.size());
    portal.position = std::clamp<int64_t>(position, 0, count + 1);
    row.set_null();
    if (portal.position >= 1 && portal.position <= count) {
        row = portal.fetched[static_cast<size_t>(portal.position - 1)];
    }
    return ok_status();
}

Status fetch_from(Portal& portal, Machine& m, FetchDirection direction, int64_t count, Value& row) {
    const bool forward =
        direction == FetchDirection::kNext ||
        (count >= 0 && (direction == FetchDirection::kForward || direction == FetchDirection::kRelative));
    if (forward && !portal.scroll) {
        row.set_null();
        for (int64_t k = 0; k < count; ++k) {
            KODIAK_TRY_ASSIGN(const bool more, read_more(portal, m, row));
            if (!more) {
                row.set_null();
                break;
            }
        }
        return ok_status();
    }
    if (!portal.scroll) {
        return coded_error("55000", "the cursor only goes forward").with_hint("Declare it SCROLL.");
    }
    switch (direction) {
        case FetchDirection::kFirst:
            return go_to(portal, m, 1, row);
        case FetchDirection::kLast:
            KODIAK_TRY(go_to(portal, m, INT64_MAX, row));
            return go_to(portal, m, static_cast<int64_t>(portal.fetched.size()), row);
        case FetchDirection::kAbsolute:
            if (count < 0) {
                KODIAK_TRY(go_to(portal, m, INT64_MAX, row));
                return go_to(portal, m, static_cast<int64_t>(portal.fetched.size()) + 1 + count, row);
            }
            return go_to(portal, m, count, row);
        case FetchDirection::kPrior:
        case FetchDirection::kBackward:
            return go_to(portal, m, portal.position - count, row);
        default:
            return go_to(portal, m, portal.position + count, row);
    }
}

// Common to FETCH and MOVE: nullptr if it failed, which `next` then tells.
Portal* fetched(Machine& m, const Instruction* i, Value& row, const Instruction*& next) {
    Portal* portal = find_portal(m, i->b);
    if (portal == nullptr || !portal->open) {
        next = m.fail(i, portal == nullptr ? "24000" : "34000", "the cursor is not open");
        return nullptr;
    }
    int64_t count = 1;
    if (i->c != kNoRegister) {
        if (m.r[i->c].is_null()) {
            next = m.fail(i, "22004", "the number of rows is NULL");
            return nullptr;
        }
        count = std::clamp<int64_t>(m.r[i->c].integer(), -(int64_t{1} << 40), int64_t{1} << 40);
    }
    const Status done = fetch_from(*portal, m, static_cast<FetchDirection>(i->d), count, row);
    if (!done.ok()) {
        next = m.fail(i, done.error());
        return nullptr;
    }
    return portal;
}

const Instruction* fetch_cursor(Machine& m, const Instruction* i) {
    Value row;
    const Instruction* next = i + 1;
    if (fetched(m, i, row, next) != nullptr) {
        m.row_count = row.is_null() ? 0 : 1;
        m.r[i->a] = std::move(row);
    }
    return next;
}

const Instruction* move_cursor(Machine& m, const Instruction* i) {
    Value row;
    const Instruction* next = i + 1;
    if (fetched(m, i, row, next) != nullptr) {
        m.row_count = row.is_null() ? 0 : 1;
        m.r[i->a].set(int64_t{!row.is_null()});
    }
    return next;
}

const Instruction* close_cursor(Machine& m, const Instruction* i) {
    Portal* portal = find_portal(m, i->a);
    if (portal == nullptr || !portal->open) {
        return m.fail(i, "24000", "the cursor is not open");
    }
    m.portals().erase(m.r[i->a].text());
    m.r[i->a].set_null();
    return i + 1;
}

const Instruction* commit(Machine& m, const Instruction* i) {
    SqlExecutor* executor = m.environment().executor;
    if (executor == nullptr) {
        return m.fail(i, "2D000", "COMMIT is not allowed here");
    }
    std::optional<std::string> message;
    if (i->a != kNoRegister && !m.r[i->a].is_null()) {
        message = m.r[i->a].text();
    }
    const Status done = executor->commit(message);
    return done.ok() ? i + 1 : m.fail(i, done.error());
}

const Instruction* rollback(Machine& m, const Instruction* i) {
    SqlExecutor* executor = m.environment().executor;
    if (executor == nullptr) {
        return m.fail(i, "2D000", "ROLLBACK is not allowed here");
    }
    const Status done = executor->rollback();
    return done.ok() ? i + 1 : m.fail(i, done.error());
}

// All rows of a slot as texts, one per row.
Result<std::vector<std::string>> row_texts(SqlRows& rows) {
    std::vector<std::string> texts;
    std::vector<Value> row;
    while (true) {
        KODIAK_TRY_ASSIGN(const bool more, rows.next(row));
        if (!more) {
            return texts;
        }
        std::string text;
        for (size_t k = 0; k < row.size(); ++k) {
            text +=
                (k > 0 ? ", " : "") + (row[k].is_null() ? "NULL" : value_text(row[k], rows.shape()->children[k].type));
        }
        texts.push_back("(" + text + ")");
        row.clear();
    }
}

const Instruction* compare_rows(Machine& m, const Instruction* i) {
    Result<std::vector<std::string>> left = row_texts(*m.slot(i->a));
    if (!left.ok()) {
        return m.fail(i, left.error());
    }
    Result<std::vector<std::string>> right = row_texts(*m.slot(i->b));
    if (!right.ok()) {
        return m.fail(i, right.error());
    }
    if (i->c == 0) {
        std::sort(left->begin(), left->end());
        std::sort(right->begin(), right->end());
    }
    for (size_t k = 0; k < std::max(left->size(), right->size()); ++k) {
        const std::string one = k < left->size() ? (*left)[k] : "no row";
        const std::string two = k < right->size() ? (*right)[k] : "no row";
        if (one != two) {
            return m.fail(i, coded_error("P0004", "the queries differ")
                                 .with_detail("The first gives " + one + ", the second " + two + "."));
        }
    }
    return i + 1;
}

const Instruction* expect_no_row(Machine& m, const Instruction* i) {
    const Result<std::vector<std::string>> rows = row_texts(*m.slot(i->a));
    if (!rows.ok()) {
        return m.fail(i, rows.error());
    }
    if (!rows->empty()) {
        return m.fail(i, coded_error("P0004", "the query gave rows").with_detail("The first is " + (*rows)[0] + "."));
    }
    return i + 1;
}

}  // namespace

void add_sql_instructions(DispatchTable& table) {
    table[op_index(Op::kRunSql)] = run_sql;
    table[op_index(Op::kRunText)] = run_text;
    table[op_index(Op::kFetchRow)] = fetch_row;
    table[op_index(Op::kDrainRows)] = drain_rows;
    table[op_index(Op::kCloseRows)] = close_rows;
    table[op_index(Op::kColumn)] = column;
    table[op_index(Op::kRowCount)] = row_count;
    table[op_index(Op::kFoundRows)] = found_rows;
    table[op_index(Op::kYieldRows)] = yield_rows;
    table[op_index(Op::kOpenCursor)] = open_cursor;
    table[op_index(Op::kFetchCursor)] = fetch_cursor;
    table[op_index(Op::kMoveCursor)] = move_cursor;
    table[op_index(Op::kCloseCursor)] = close_cursor;
    table[op_index(Op::kCommit)] = commit;
    table[op_index(Op::kRollback)] = rollback;
    table[op_index(Op::kCompareRows)] = compare_rows;
    table[op_index(Op::kExpectNoRow)] = expect_no_row;
}

}  // namespace kodiak::language
