#include "engine/code/triggers.hpp"

#include <algorithm>

#include "engine/code/code_call.hpp"
#include "engine/errors/errors.hpp"
#include "engine/transaction/session_transaction.hpp"
#include "engine/types/types.hpp"
#include "language/lexer/words.hpp"

namespace kodiak::engine {

using language::Value;
using Timing = TriggerSpec::Timing;

namespace {

bool concerns(const TriggerSpec& spec, const std::vector<TriggerEvent>& events,
              const std::vector<std::string>& updated) {
    return std::ranges::any_of(events, [&](TriggerEvent event) {
        if (!spec.on[static_cast<size_t>(event)]) {
            return false;
        }
        return event != TriggerEvent::kUpdate || spec.update_of.empty() ||
               std::ranges::any_of(spec.update_of, [&](const std::string& wanted) {
                   return std::ranges::any_of(
                       updated, [&](const std::string& one) { return language::same_name(one, wanted); });
               });
    });
}

// WHEN as a trigger's function that says yes by a row.
std::string condition_text(const std::string& condition) {
    return "CREATE FUNCTION when_() RETURNS TRIGGER AS $kodiak_when$ BEGIN IF (" + condition +
           ") THEN IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END IF; RETURN NULL; END $kodiak_when$";
}

// Counts how deep triggers fire each other.
class Depth {
   public:
    explicit Depth(CodeSession& session) : session_(session) {
        if (++session_.trigger_depth > CodeSession::kTriggersDeep) {
            --session_.trigger_depth;
            throw_error(language::coded_error("54001", "triggers fire each other more than " +
                                                           std::to_string(CodeSession::kTriggersDeep) +
                                                           " levels deep"));
        }
    }
    ~Depth() { --session_.trigger_depth; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;

   private:
    CodeSession& session_;
};

}  // namespace

std::shared_ptr<const catalog::Type> row_type(const KodiakTableEntry& table) {
    auto type = std::make_shared<catalog::Type>();
    type->kind = catalog::TypeKind::kStruct;
    for (const auto& column : table.GetColumns().Physical()) {
        type->children.push_back({column.Name(), to_catalog_type(column.Type())});
    }
    return type;
}

std::shared_ptr<TriggerPlan> TriggerPlan::make(duckdb::ClientContext& context, KodiakTableEntry& table,
                                               const std::vector<TriggerEvent>& events,
                                               const std::vector<std::string>& updated) {
    const auto state = transaction_of(context, table.ParentCatalog()).catalog();
    const auto definitions = state->triggers_on(table.definition()->id);
    if (definitions.empty()) {
        return nullptr;
    }
    auto plan = std::make_shared<TriggerPlan>();
    CodeSession& session = *CodeContext::of(context).session();
    const auto transactions = SessionState::of(context);
    NestedLane lane(context);
    CodeExecutor executor(lane, session, *transactions);
    plan->table_ = &table;
    plan->schema_ = table.ParentSchema().name;
    plan->library_ = session.library(context);
    plan->row_ = row_type(table);
    std::vector<CompiledTrigger>& known =
        session.triggers(table.ParentCatalog(), table.definition()->id, plan->library_);
    for (size_t i = known.size(); i < definitions.size(); ++i) {
        const auto& definition = std::get<catalog::TriggerDefinition>(definitions[i]->definition);
        known.push_back({value_or_throw(read_trigger(definition.create_sql)), definition.enabled, nullptr, nullptr});
    }
    for (CompiledTrigger& one : known) {
        if (!one.enabled || !concerns(one.spec, events, updated)) {
            continue;
        }
        if (one.function == nullptr) {
            if (!one.spec.condition.empty()) {
                one.condition = value_or_throw(
                    plan->library_->trigger_program(condition_text(one.spec.condition), *plan->row_, &executor));
            }
            one.function = value_or_throw(compile_trigger(*plan->library_, one.spec, *plan->row_, executor));
        }
        plan->triggers_.push_back(one);
    }
    plan->in_place = std::ranges::any_of(events, [](TriggerEvent event) { return event != TriggerEvent::kInsert; });
    return plan->triggers_.empty() ? nullptr : plan;
}

Result<std::shared_ptr<const language::Program>> compile_trigger(language::CodeLibrary& library,
                                                                 const TriggerSpec& spec, const catalog::Type& row,
                                                                 CodeExecutor& executor) {
    std::vector<language::NamePart> parts;
    for (const std::string& part : spec.function) {
        parts.push_back({part, {}});
    }
    const auto overloads = library.find(parts, &executor);
    if (overloads.empty()) {
        return make_error(ErrorCode::kUndefinedFunction, "function \"" + spec.function.back() + "\" does not exist");
    }
    for (const auto& one : overloads) {
        if (one->result.form == language::TypeForm::kTrigger && one->parameters.empty()) {
            auto program = library.trigger_program(library.statement(*one), row, &executor);
            if (!program.ok()) {
                return fold_place(program.error());
            }
            return program;
        }
    }
    return make_error(ErrorCode::kInvalidDefinition,
                      "function \"" + spec.function.back() + "\" is not for triggers")
        .with_hint("It takes no parameters and RETURNS TRIGGER.");
}

Status check_condition(language::CodeLibrary& library, const TriggerSpec& spec, const catalog::Type& row,
                       CodeExecutor& executor) {
    if (spec.condition.empty()) {
        return ok_status();
    }
    const auto program = library.trigger_program(condition_text(spec.condition), row, &executor);
    if (program.ok()) {
        return ok_status();
    }
    Error error = program.error();
    error.position = {};
    error.line_text.clear();
    return error;
}

bool TriggerPlan::fires(TriggerEvent event, Timing timing, bool each_row) const {
    return std::ranges::any_of(triggers_, [&](const CompiledTrigger& one) {
        return one.spec.on[static_cast<size_t>(event)] && one.spec.timing == timing && one.spec.each_row == each_row;
    });
}

bool TriggerPlan::needs_rows(TriggerEvent event) const {
    return fires(event, Timing::kBefore, true) || fires(event, Timing::kAfter, true);
}

TriggerRun& TriggerPlan::run(duckdb::ClientContext& context) {
    if (run_ == nullptr) {
        run_ = std::make_shared<TriggerRun>(*this, context);
    }
    return *run_;
}

TriggerRun::TriggerRun(TriggerPlan& plan, duckdb::ClientContext& context)
    : plan_(plan),
      context_(context),
      session_(*CodeContext::of(context).session()),
      transactions_(SessionState::of(context)),
      lane_(context),
      executor_(lane_, session_, *transactions_) {
    language::CodeEnvironment environment = session_.environment();
    environment.executor = &executor_;
    for (const catalog::NamedType& column : plan_.row_->children) {
        columns_.emplace_back(column.type);
    }
    for (const CompiledTrigger& one : plan_.triggers_) {
        Runner runner;
        runner.trigger = &one;
        runner.function = plan_.library_->trigger_caller(one.function, environment);
        if (one.condition != nullptr) {
            runner.condition = plan_.library_->trigger_caller(one.condition, environment);
        }
        runners_.push_back(std::move(runner));
    }
}

Value TriggerRun::record(duckdb::DataChunk& rows, size_t row, const language::Meter& meter) {
    std::vector<Value> fields;
    for (size_t c = 0; c < columns_.size(); ++c) {
        duckdb::UnifiedVectorFormat format;
        rows.data[c].ToUnifiedFormat(rows.size(), format);
        fields.push_back(columns_[c].read(format, row, rows.data[c], meter));
    }
    return language::record_value(meter, plan_.row_, std::move(fields));
}

Value TriggerRun::call(language::CodeCaller& caller, const TriggerSpec& spec, TriggerEvent event, const Value& old_row,
                       const Value& new_row) {
    const language::Meter& meter = caller.meter();
    const auto text = [&](const std::string& value) { return language::text_value(meter, value); };
    std::vector<Value> given;
    for (const std::string& argument : spec.arguments) {
        given.push_back(text(argument));
    }
    std::vector<Value> arguments = {new_row,
                                    old_row,
                                    text(name_of(event)),
                                    text(spec.name),
                                    text(name_of(spec.timing)),
                                    text(spec.each_row ? "ROW" : "STATEMENT"),
                                    text(plan_.table_->name),
                                    text(plan_.schema_),
                                    Value::integer(static_cast<int64_t>(given.size())),
                                    language::list_value(meter, std::move(given))};
    auto result = caller.call(arguments);
    if (!result.ok()) {
        Error error = fold_place(result.error());
        error.call_stack += std::string(error.call_stack.empty() ? "" : "\n      ") + "trigger " + spec.name + " on " +
                            plan_.table_->name;
        throw_error(error);
    }
    return std::move(result).value();
}

std::optional<Value> TriggerRun::fire(Runner& runner, TriggerEvent event, const Value& old_row, const Value& new_row) {
    const Depth depth(session_);
    const TriggerSpec& spec = runner.trigger->spec;
    if (runner.condition != nullptr && call(*runner.condition, spec, event, old_row, new_row).is_null()) {
        return std::nullopt;
    }
    return call(*runner.function, spec, event, old_row, new_row);
}

void TriggerRun::before_statement(TriggerEvent event) {
    bool& touched = touched_[static_cast<size_t>(event)];
    if (std::exchange(touched, true)) {
        return;
    }
    for (Runner& runner : runners_) {
        const TriggerSpec& spec = runner.trigger->spec;
        if (spec.on[static_cast<size_t>(event)] && spec.timing == Timing::kBefore && !spec.each_row) {
            fire(runner, event, Value(), Value());
        }
    }
}

void TriggerRun::write_back(const Value& record, duckdb::DataChunk& rows, size_t row) {
    const std::vector<Value>& fields = record.items();
    const catalog::Type& shape = *record.shape();
    if (fields.size() != columns_.size()) {
        throw_error(make_error(ErrorCode::kDatatypeMismatch, "a trigger on \"" + plan_.table_->name +
                                                                 "\" returned a row of " +
                                                                 std::to_string(fields.size()) + " columns"));
    }
    for (size_t c = 0; c < columns_.size(); ++c) {
        if (shape.children[c].type == plan_.row_->children[c].type) {
            duckdb::FlatVector::SetNull(rows.data[c], row, false);
            columns_[c].write(fields[c], rows.data[c], row);
        } else {
            const duckdb::Value value = ValueBridge(shape.children[c].type).to_duckdb(fields[c]);
            rows.data[c].SetValue(row, value.CastAs(context_, columns_[c].logical_type()));
        }
    }
}

size_t TriggerRun::before_rows(TriggerEvent event, duckdb::DataChunk* old_rows, duckdb::DataChunk* new_rows,
                               duckdb::SelectionVector& kept) {
    const size_t count = (new_rows != nullptr ? new_rows : old_rows)->size();
    size_t stays = 0;
    for (size_t row = 0; row < count; ++row) {
        bool skipped = false;
        for (Runner& runner : runners_) {
            const TriggerSpec& spec = runner.trigger->spec;
            if (skipped || !spec.on[static_cast<size_t>(event)] || spec.timing != Timing::kBefore || !spec.each_row) {
                continue;
            }
            const language::Meter meter = runner.function->meter();
            const Value old_row = old_rows != nullptr ? record(*old_rows, row, meter) : Value();
            const Value new_row = new_rows != nullptr ? record(*new_rows, row, meter) : Value();
            const auto result = fire(runner, event, old_row, new_row);
            if (!result) {
                continue;
            }
            skipped = result->is_null();
            if (!skipped && new_rows != nullptr) {
                write_back(*result, *new_rows, row);
            }
        }
        if (!skipped) {
            kept.set_index(stays++, row);
        }
    }
    return stays;
}

std::unique_ptr<duckdb::ColumnDataCollection> TriggerRun::copy_of(duckdb::DataChunk* rows) {
    if (rows == nullptr) {
        return nullptr;
    }
    auto copy = std::make_unique<duckdb::ColumnDataCollection>(context_, rows->GetTypes());
    copy->Append(*rows);
    return copy;
}

void TriggerRun::keep(TriggerEvent event, duckdb::DataChunk* old_rows, duckdb::DataChunk* new_rows) {
    if (plan_.fires(event, Timing::kAfter, true)) {
        kept_.push_back({event, copy_of(old_rows), copy_of(new_rows)});
    }
}

void TriggerRun::after_rows(const KeptRows& kept) {
    const auto& counted = kept.new_rows != nullptr ? kept.new_rows : kept.old_rows;
    duckdb::ColumnDataScanState old_scan;
    duckdb::ColumnDataScanState new_scan;
    duckdb::DataChunk old_rows;
    duckdb::DataChunk new_rows;
    if (kept.old_rows != nullptr) {
        kept.old_rows->InitializeScan(old_scan);
        kept.old_rows->InitializeScanChunk(old_rows);
    }
    if (kept.new_rows != nullptr) {
        kept.new_rows->InitializeScan(new_scan);
        kept.new_rows->InitializeScanChunk(new_rows);
    }
    for (size_t done = 0; done < counted->Count();) {
        if (kept.old_rows != nullptr) {
            kept.old_rows->Scan(old_scan, old_rows);
        }
        if (kept.new_rows != nullptr) {
            kept.new_rows->Scan(new_scan, new_rows);
        }
        const size_t count = kept.new_rows != nullptr ? new_rows.size() : old_rows.size();
        for (size_t row = 0; row < count; ++row) {
            for (Runner& runner : runners_) {
                const TriggerSpec& spec = runner.trigger->spec;
                if (spec.on[static_cast<size_t>(kept.event)] && spec.timing == Timing::kAfter && spec.each_row) {
                    const language::Meter meter = runner.function->meter();
                    fire(runner, kept.event, kept.old_rows != nullptr ? record(old_rows, row, meter) : Value(),
                         kept.new_rows != nullptr ? record(new_rows, row, meter) : Value());
                }
            }
        }
        done += count;
    }
}

void TriggerRun::after_statement(TriggerEvent event) {
    for (Runner& runner : runners_) {
        const TriggerSpec& spec = runner.trigger->spec;
        if (spec.on[static_cast<size_t>(event)] && spec.timing == Timing::kAfter && !spec.each_row) {
            fire(runner, event, Value(), Value());
        }
    }
}

void TriggerRun::after() {
    // The statement's own rows are in and judged: what follows is as if it stood behind the statement.
    const int writing = session_.writing;
    session_.writing = std::max(0, writing - (plan_.in_place ? 1 : 0));
    try {
        for (const KeptRows& kept : std::exchange(kept_, {})) {
            after_rows(kept);
        }
        for (size_t event = 0; event < kTriggerEvents; ++event) {
            if (touched_[event]) {
                after_statement(static_cast<TriggerEvent>(event));
            }
        }
    } catch (...) {
        session_.writing = writing;
        throw;
    }
    session_.writing = writing;
}

}  // namespace kodiak::engine
