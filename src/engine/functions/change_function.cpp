#include "engine/functions/change_function.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "duckdb/parser/keyword_helper.hpp"
#include "duckdb/parser/parser.hpp"
#include "duckdb/parser/statement/select_statement.hpp"
#include "duckdb/parser/tableref/subqueryref.hpp"

#include "engine/catalog/past_point.hpp"
#include "engine/catalog/table_entry.hpp"
#include "engine/errors/errors.hpp"
#include "engine/functions/named_table.hpp"
#include "engine/functions/session_database.hpp"
#include "engine/functions/table_columns.hpp"
#include "engine/transaction/session_transaction.hpp"
#include "storage/rows/canonical_row.hpp"
#include "timeline/named_points.hpp"

namespace kodiak::engine {

namespace {

using duckdb::LogicalType;
using duckdb::Value;

// Places of the output's columns.
enum Output : size_t {
    kOp, kCommitSeq, kCommitId, kCommitTime, kBranch, kTableName, kRowId, kKey, kOld, kNew, kProof
};

struct ChangeBinding : public duckdb::TableFunctionData {
    explicit ChangeBinding(KodiakTableEntry& table) : entry(table), table_columns(columns_of(table)) {}
    KodiakTableEntry& entry;
    TableColumns table_columns;
    uint64_t after = 0;
    uint64_t upto = 0;
    bool net = false;
    bool proof = false;
    std::string watermark;               // the one whose position is the start; empty = none
};

struct ChangeScan : public duckdb::GlobalTableFunctionState {
    std::vector<storage::RowChange> changes;
    std::vector<duckdb::column_t> columns;  // that are asked for
    size_t next = 0;
    timeline::HistoryCommit commit;  // of the change before
    timeline::ProofFile proof;       // of all changes of that commit, when they are asked for
    size_t proven = 0;               // rows of it that went out
};

// The watermark that `since` names; nullptr when it is a point.
catalog::ObjectPtr watermark_named(const Value& since, const catalog::CatalogState& state) {
    constexpr std::string_view kKind = "watermark:";
    constexpr std::string_view kAnyName = "name:";
    if (since.IsNull() || since.type().id() != duckdb::LogicalTypeId::VARCHAR) {
        return nullptr;
    }
    const std::string text = duckdb::StringValue::Get(since);
    if (!text.starts_with(kKind)) {
        return timeline::find_watermark(state, text.starts_with(kAnyName) ? text.substr(kAnyName.size()) : text);
    }
    const std::string name = text.substr(kKind.size());
    catalog::ObjectPtr watermark = timeline::find_watermark(state, name);
    if (watermark == nullptr) {
        throw_error(make_error(ErrorCode::kUndefinedObject, fmt::format("there is no watermark \"{}\"", name))
                        .with_hint("SHOW WATERMARKS lists them."));
    }
    return watermark;
}

void bind_range(duckdb::ClientContext& context, const duckdb::named_parameter_map_t& parameters,
                ChangeBinding& binding) {
    const storage::Transaction& transaction = transaction_of(context, binding.entry.ParentCatalog());
    auto& core = binding.entry.core();
    binding.upto = transaction.view().head();
    const auto since = parameters.find("since");
    if (since != parameters.end() && !since->second.IsNull()) {
        ChangeStart start = resolve_start(since->second, core, transaction);
        binding.after = start.after;
        binding.watermark = std::move(start.watermark);
    }
    const auto until = parameters.find("until");
    if (until != parameters.end() && !until->second.IsNull()) {
        binding.upto = resolve_value(until->second, core, transaction);
    }
    if (binding.after > binding.upto) {
        throw_error(make_error(ErrorCode::kInvalidValue,
                               fmt::format("changes cannot run from commit {} back to commit {}", binding.after,
                                           binding.upto))
                        .with_hint("SINCE is the earlier point, UNTIL the later one."));
    }
}

bool flag(const duckdb::named_parameter_map_t& parameters, const char* name) {
    const auto found = parameters.find(name);
    return found != parameters.end() && !found->second.IsNull() && found->second.GetValue<bool>();
}

duckdb::unique_ptr<duckdb::FunctionData> bind(duckdb::ClientContext& context, duckdb::TableFunctionBindInput& input,
                                              duckdb::vector<LogicalType>& types,
                                              duckdb::vector<duckdb::string>& names) {
    if (input.inputs[0].IsNull()) {
        throw_error(make_error(ErrorCode::kInvalidValue, "kodiak_changes needs the name of a table"));
    }
    KodiakTableEntry& entry = named_table(context, duckdb::StringValue::Get(input.inputs[0]));
    auto binding = duckdb::make_uniq<ChangeBinding>(entry);
    bind_range(context, input.named_parameters, *binding);
    binding->net = flag(input.named_parameters, "net");
    binding->proof = flag(input.named_parameters, "proof");
    if (binding->net && binding->proof) {
        throw_error(make_error(ErrorCode::kUnsupported, "the net of several changes has no proof of its own")
                        .with_hint("Leave NET away, or PROVE CHANGES over the range."));
    }
    names = {"op", "commit_seq", "commit_id", "commit_time", "branch", "table_name", "row_id", "key", "old", "new"};
    types = {LogicalType::VARCHAR, LogicalType::UBIGINT, LogicalType::VARCHAR, LogicalType::TIMESTAMP_TZ,
             LogicalType::VARCHAR, LogicalType::VARCHAR, LogicalType::VARCHAR,
             binding->table_columns.key_type, binding->table_columns.row_type, binding->table_columns.row_type};
    if (binding->proof) {
        names.emplace_back("proof");
        types.push_back(LogicalType::VARCHAR);
    }
    return binding;
}

// The bytes of a version's primary key; of its row id in a table without one.
std::string key_bytes(const storage::RowChange& change, const storage::VersionPlace& version,
                      const ChangeBinding& binding) {
    std::string bytes;
    std::vector<size_t> positions;
    for (const size_t place : binding.table_columns.key) {
        const int position = version.chunk->schema().position(binding.table_columns.columns[place].id);
        if (position >= 0) {
            positions.push_back(static_cast<size_t>(position));
        }
    }
    // Rows from before the key's columns existed have none either.
    if (binding.table_columns.key.empty() || positions.size() != binding.table_columns.key.size()) {
        ByteWriter writer(bytes);
        writer.u64(change.row.origin.value);
        writer.u64(change.row.counter);
        return bytes;
    }
    std::vector<uint64_t> offsets;
    const storage::RowEncoder encoder(version.chunk->schema_ptr());
    encoder.encode_key(positions, *version.chunk, &version.slot, 1, bytes, offsets);
    return bytes;
}

// What the changes come to, one for each key, in the order of the last change to it.
std::vector<storage::RowChange> net_of(std::vector<storage::RowChange> changes, const ChangeBinding& binding) {
    std::unordered_map<std::string, size_t> last;  // by key: place in `changes`
    for (size_t i = 0; i < changes.size(); ++i) {
        const auto& shown = changes[i].after.chunk != nullptr ? changes[i].after : changes[i].before;
        const auto [known, is_first] = last.try_emplace(key_bytes(changes[i], shown, binding), i);
        if (!is_first) {
            changes[i].before = std::exchange(changes[known->second], {}).before;
            known->second = i;
        }
    }
    std::erase_if(changes, [](const storage::RowChange& change) {
        return change.before.chunk == nullptr && change.after.chunk == nullptr;
    });
    return changes;
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> start(duckdb::ClientContext& context,
                                                           duckdb::TableFunctionInitInput& input) {
    const auto& binding = input.bind_data->Cast<ChangeBinding>();
    auto scan = duckdb::make_uniq<ChangeScan>();
    scan->columns = input.column_ids;
    storage::Transaction& transaction = transaction_of(context, binding.entry.ParentCatalog());
    scan->changes = value_or_throw(transaction.changes(*binding.entry.definition(), binding.after, binding.upto,
                                                       binding.table_columns.ids()));
    if (binding.net) {
        scan->changes = net_of(std::move(scan->changes), binding);
    }
    const auto session = SessionState::of(context);
    if (session && !binding.watermark.empty()) {
        session->note_changes_read(binding.watermark, binding.upto);
    }
    return scan;
}

// The proof of the next change: one of several that were made for their commit together.
std::string next_proof(const ChangeBinding& binding, ChangeScan& scan, size_t at) {
    const uint64_t commit = scan.changes[at].seq;
    if (scan.proven == scan.proof.rows.size()) {
        timeline::ProofRequest request;
        for (size_t i = at; i < scan.changes.size() && scan.changes[i].seq == commit; ++i) {
            request.rows.push_back({commit, binding.entry.definition()->id, scan.changes[i].row});
        }
        scan.proof = value_or_throw(binding.entry.core().history().prove(request));
        scan.proven = 0;
    }
    return timeline::ProofFile{scan.proof.head, std::nullopt, scan.proof.commits, {scan.proof.rows[scan.proven++]}}
        .encode();
}

const char* op_of(const storage::RowChange& change) {
    const bool has_both = change.before.chunk != nullptr && change.after.chunk != nullptr;
    return has_both ? "UPDATE" : change.after.chunk != nullptr ? "INSERT" : "DELETE";
}

// Some consecutive changes on their way into one column of the output.
class ChangeRows {
   public:
    ChangeRows(const ChangeBinding& binding, ChangeScan& scan, size_t count)
        : binding_(binding), scan_(scan), count_(count) {}

    void fill(Output column, duckdb::Vector& target) {
        switch (column) {
            case kOp:
                return fill_with<duckdb::string_t>(target, [&](const auto& change) {
                    return duckdb::string_t(op_of(change));  // short enough to lie in the value itself
                });
            case kCommitSeq:
                return fill_with<uint64_t>(target, [](const auto& change) { return change.seq; });
            case kCommitId:
                return fill_by_commit<duckdb::string_t>(target, [&](const timeline::CommitRecord& record) {
                    return duckdb::StringVector::AddString(target, record.id.text());
                });
            case kCommitTime:
                return fill_by_commit<int64_t>(
                    target, [](const timeline::CommitRecord& record) { return record.timestamp.micros; });
            case kBranch:
                return fill_by_commit<duckdb::string_t>(target, [&](const timeline::CommitRecord& record) {
                    return duckdb::StringVector::AddString(target, record.branch);
                });
            case kTableName: {
                const duckdb::string_t name = duckdb::StringVector::AddString(target, binding_.entry.name);
                return fill_with<duckdb::string_t>(target, [&](const auto&) { return name; });
            }
            case kRowId:
                return fill_with<duckdb::string_t>(target, [&](const auto& change) {
                    return duckdb::StringVector::AddString(
                        target, fmt::format("{}:{}", change.row.origin.value, change.row.counter));
                });
            case kKey:
            case kOld:
            case kNew:
                return fill_rows(column, target);
            case kProof:
                return fill_with<duckdb::string_t>(target, [&](const storage::RowChange& change) {
                    const auto at = static_cast<size_t>(&change - scan_.changes.data());
                    return duckdb::StringVector::AddString(target, next_proof(binding_, scan_, at));
                });
        }
    }

   private:
    template <class T, class Make>
    void fill_with(duckdb::Vector& target, Make&& make) {
        auto* values = duckdb::FlatVector::GetData<T>(target);
        for (size_t row = 0; row < count_; ++row) {
            values[row] = make(scan_.changes[scan_.next + row]);
        }
    }

    // Values that are made once for each commit.
    template <class T, class Make>
    void fill_by_commit(duckdb::Vector& target, Make&& make) {
        uint64_t commit = 0;
        T value{};
        fill_with<T>(target, [&](const storage::RowChange& change) {
            if (change.seq != commit) {
                commit = change.seq;
                if (scan_.commit.seq.value != commit) {
                    scan_.commit = value_or_throw(binding_.entry.core().history().commit(commit));
                }
                value = make(scan_.commit.record);
            }
            return value;
        });
    }

    void fill_rows(Output column, duckdb::Vector& target) {
        const TableColumns& table = binding_.table_columns;
        const std::vector<size_t> which = column == kKey ? table.key : table.all();
        for (size_t row = 0; row < count_; ++row) {
            const storage::RowChange& change = scan_.changes[scan_.next + row];
            const bool is_old = column == kOld || (column == kKey && change.after.chunk == nullptr);
            fill_row(table, which, is_old ? change.before : change.after, target, row);
        }
    }

    const ChangeBinding& binding_;
    ChangeScan& scan_;
    const size_t count_;
};

void next(duckdb::ClientContext&, duckdb::TableFunctionInput& input, duckdb::DataChunk& out) {
    const auto& binding = input.bind_data->Cast<ChangeBinding>();
    auto& scan = input.global_state->Cast<ChangeScan>();
    const size_t count = std::min<size_t>(STANDARD_VECTOR_SIZE, scan.changes.size() - scan.next);
    ChangeRows rows(binding, scan, count);
    for (size_t i = 0; i < scan.columns.size(); ++i) {
        if (scan.columns[i] <= kProof) {  // not DuckDB's "any column", whose values nobody reads
            rows.fill(static_cast<Output>(scan.columns[i]), out.data[i]);
        }
    }
    scan.next += count;
    out.SetCardinality(count);
}

duckdb::unique_ptr<duckdb::NodeStatistics> cardinality(duckdb::ClientContext&, const duckdb::FunctionData*) {
    return duckdb::make_uniq<duckdb::NodeStatistics>();
}

void add_parameters(duckdb::TableFunction& function) {
    function.named_parameters["since"] = LogicalType::ANY;
    function.named_parameters["until"] = LogicalType::ANY;
    function.named_parameters["net"] = LogicalType::BOOLEAN;
    function.named_parameters["proof"] = LogicalType::BOOLEAN;
}

std::string quoted_name(const std::string& database, const std::string& schema, const std::string& table) {
    return duckdb::KeywordHelper::WriteQuoted(database, '"') + "." +
           duckdb::KeywordHelper::WriteQuoted(schema, '"') + "." + duckdb::KeywordHelper::WriteQuoted(table, '"');
}

// The tables that a query over all changes reads: those of the watermark that it starts at, or all.
std::vector<catalog::ObjectPtr> tables_of(const duckdb::named_parameter_map_t& parameters,
                                          const catalog::CatalogState& state) {
    const auto since = parameters.find("since");
    const catalog::ObjectPtr watermark =
        since == parameters.end() ? nullptr : watermark_named(since->second, state);
    if (watermark == nullptr || timeline::point_of(*watermark).tables.empty()) {
        return state.list(catalog::ObjectKind::kTable);
    }
    std::vector<catalog::ObjectPtr> tables;
    for (const ObjectId id : timeline::point_of(*watermark).tables) {
        if (const catalog::ObjectPtr table = state.find(id)) {
            tables.push_back(table);
        }
    }
    return tables;
}

// kodiak_all_changes as the query that it stands for.
duckdb::unique_ptr<duckdb::TableRef> all_changes_query(duckdb::ClientContext& context,
                                                       duckdb::TableFunctionBindInput& input) {
    KodiakCatalog& database = session_database(context);
    const auto state = transaction_of(context, database).catalog();
    std::string arguments;
    for (const auto& [name, value] : input.named_parameters) {
        arguments += ", " + duckdb::KeywordHelper::WriteQuoted(name, '"') + " => " + value.ToSQLString();
    }
    std::string sql;
    for (const catalog::ObjectPtr& table : tables_of(input.named_parameters, *state)) {
        const std::string name = quoted_name(database.GetName(), state->find(table->schema)->name, table->name);
        sql += sql.empty() ? "" : " UNION ALL ";
        sql += "SELECT * REPLACE (to_json(key) AS key, to_json(old) AS old, to_json(new) AS new) FROM kodiak_changes(" +
               duckdb::KeywordHelper::WriteQuoted(name, '\'') + arguments + ")";
    }
    if (sql.empty()) {
        sql = "SELECT NULL::VARCHAR AS op, NULL::UBIGINT AS commit_seq, NULL::VARCHAR AS commit_id, "
              "NULL::TIMESTAMPTZ AS commit_time, NULL::VARCHAR AS branch, NULL::VARCHAR AS table_name, "
              "NULL::VARCHAR AS row_id, NULL::JSON AS key, NULL::JSON AS old, NULL::JSON AS new";
        sql += (flag(input.named_parameters, "proof") ? ", NULL::VARCHAR AS proof" : "") + std::string(" WHERE false");
    } else {
        sql = "SELECT * FROM (" + sql + ") ORDER BY commit_seq, table_name, row_id";
    }
    duckdb::Parser parser(context.GetParserOptions());
    parser.ParseQuery(sql);
    return duckdb::make_uniq<duckdb::SubqueryRef>(
        duckdb::unique_ptr_cast<duckdb::SQLStatement, duckdb::SelectStatement>(std::move(parser.statements[0])));
}

}  // namespace

ChangeStart resolve_start(const Value& since, timeline::DatabaseCore& core, const storage::Transaction& transaction) {
    const catalog::ObjectPtr watermark = watermark_named(since, *transaction.catalog());
    if (watermark == nullptr) {
        return {resolve_value(since, core, transaction), ""};
    }
    throw_if_error(timeline::verify_point(*watermark, core.history()));
    return {timeline::point_of(*watermark).commit, watermark->name};
}

duckdb::TableFunction change_function() {
    duckdb::TableFunction function("kodiak_changes", {LogicalType::VARCHAR}, next, bind, start);
    add_parameters(function);
    function.projection_pushdown = true;
    function.cardinality = cardinality;
    return function;
}

duckdb::TableFunction all_changes_function() {
    duckdb::TableFunction function("kodiak_all_changes", {}, nullptr, nullptr);
    function.bind_replace = all_changes_query;
    add_parameters(function);
    return function;
}

}  // namespace kodiak::engine
