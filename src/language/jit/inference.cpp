#include "language/jit/inference.hpp"

#include <algorithm>

#include "language/jit/operands.hpp"

namespace kodiak::language {

using catalog::Type;
using catalog::TypeKind;

namespace {

// States at all jump targets together; more would take too long and too much memory.
constexpr size_t kStatesMost = 4'000'000;

const Type& plain_type(TypeKind kind) {
    static const std::vector<Type> types = [] {
        std::vector<Type> all(static_cast<size_t>(TypeKind::kSqlNull) + 1);
        for (size_t i = 0; i < all.size(); ++i) {
            all[i].kind = static_cast<TypeKind>(i);
        }
        return all;
    }();
    return types[static_cast<size_t>(kind)];
}

}  // namespace

size_t line_of(const Program& program, const Instruction& instruction) {
    const std::string_view statement = program.statement;
    const size_t offset = std::min(program.source.original(instruction.where), statement.size());
    const size_t body = std::min(program.source.offset, offset);
    return 1 + static_cast<size_t>(std::count(statement.begin() + static_cast<ptrdiff_t>(body),
                                              statement.begin() + static_cast<ptrdiff_t>(offset), '\n'));
}

Inference::Inference(std::vector<UnitFunction>& functions, UnitFunction& function)
    : functions_(functions), function_(function), program_(*function.program), declared_(program_.registers) {
    for (const ProgramVariable& one : program_.variables) {
        declared_[one.where] = &one.type;
    }
}

Error Inference::refusal(std::string reason, const Instruction& i) const {
    return make_error(ErrorCode::kUnsupported, reason + " at line " + std::to_string(line_of(program_, i)));
}

Status Inference::run() {
    const std::vector<Instruction>& code = program_.code;
    function_.code.assign(code.size(), {});
    function_.ever.assign(program_.registers, 0);
    size_t targets = 0;
    for (const Instruction& i : code) {
        if (may_jump(i.op)) {
            function_.code[static_cast<size_t>(i.d)].target = true;
            ++targets;
        }
    }
    if (targets * program_.registers > kStatesMost) {
        return make_error(ErrorCode::kUnsupported, "the code is too large to compile");
    }
    States entry(program_.registers);
    size_t parameter = 0;
    for (const SignatureParameter& one : program_.signature->parameters) {
        if (one.mode != ParameterMode::kOut && parameter < program_.parameters.size()) {
            const View view = view_of(one.type);
            entry[program_.parameters[parameter++]] = {view,
                                                       one.type.form == TypeForm::kValue ? &one.type.type : nullptr};
        }
    }
    for (const ProgramConstant& one : program_.constants) {
        entry[one.where] = one.value.is_null() ? State{} : of_type(one.type);
    }
    for (size_t i = 0; i < entry.size(); ++i) {
        function_.ever[i] |= view_bit(entry[i].view);
    }
    KODIAK_TRY(follow(0, std::move(entry)));
    while (!open_.empty()) {
        const uint32_t next = open_.back();
        open_.pop_back();
        KODIAK_TRY(follow(next, entries_[next]));
    }
    const uint8_t object = view_bit(View::kObject);
    function_.has_objects =
        std::any_of(function_.ever.begin(), function_.ever.end(), [&](uint8_t bits) { return (bits & object) != 0; });
    return ok_status();
}

// Runs a straight piece of code to its end or to the next place that jumps lead to.
Status Inference::follow(uint32_t from, States states) {
    uint32_t at = from;
    while (true) {
        const Instruction& i = program_.code[at];
        const States before = i.op == Op::kListNext ? states : States();
        KODIAK_TRY(step(at, states));
        if (may_jump(i.op)) {
            KODIAK_TRY(merge(static_cast<uint32_t>(i.d), i.op == Op::kListNext ? before : states));
        }
        if (!falls_through(program_, i)) {
            return ok_status();
        }
        if (++at >= program_.code.size()) {
            return make_error(ErrorCode::kUnsupported, "the code has no end");
        }
        if (function_.code[at].target) {
            return merge(at, states);
        }
    }
}

Status Inference::merge(uint32_t into, const States& states) {
    const auto [place, fresh] = entries_.try_emplace(into, states);
    bool changed = fresh;
    for (size_t r = 0; r < states.size() && !fresh; ++r) {
        const State joined = join(place->second[r], states[r]);
        changed = changed || joined != place->second[r];
        place->second[r] = joined;
    }
    if (changed && std::find(open_.begin(), open_.end(), into) == open_.end()) {
        open_.push_back(into);
    }
    return ok_status();
}

Inference::State Inference::join(const State& left, const State& right) const {
    if (left == right || right.view == View::kNothing) {
        return left;
    }
    if (left.view == View::kNothing) {
        return right;
    }
    if (left.view != right.view) {
        return {View::kUnusable, nullptr};
    }
    // Bare values of several types may share a view; only the parts of objects need an exact type.
    const bool same =
        left.type != nullptr && right.type != nullptr && (left.view != View::kObject || *left.type == *right.type);
    return {left.view, same ? left.type : nullptr};
}

Status Inference::step(uint32_t at, States& states) {
    const Instruction& i = program_.code[at];
    if (const std::string reason = not_compilable(program_, i); !reason.empty()) {
        return refusal(reason, i);
    }
    InstructionViews& views = function_.code[at];
    const OperandShape shape = operand_shape(program_, i);
    bool usable = true;
    const auto view = [&](uint16_t index) {
        usable = usable && states[index].view != View::kUnusable;
        return states[index].view;
    };
    views.shape = shape;
    views.a_before = shape.reads_a ? view(i.a) : View::kNothing;
    views.b = shape.reads_b ? view(i.b) : View::kNothing;
    views.c = shape.reads_c ? view(i.c) : View::kNothing;
    if (!views.reachable) {
        views.block_views = static_cast<uint32_t>(function_.block_views.size());
        function_.block_views.resize(function_.block_views.size() + shape.block_size);
    }
    views.reachable = true;
    for (size_t k = 0; k < shape.block_size; ++k) {
        function_.block_views[views.block_views + k] = view(static_cast<uint16_t>(shape.block + k));
    }
    if (!usable) {
        return refusal("a value whose type depends on the way taken", i);
    }
    views.item = i.op == Op::kIndexList || i.op == Op::kListNext ? item_of(states[i.b]).view : View::kNothing;
    if (shape.writes_a) {
        KODIAK_TRY_ASSIGN(State made, made_by(i, states));
        // What a list or record was declared as says more than the first value that was put into it.
        made.type = made.view == View::kObject && declared_[i.a] != nullptr ? declared_[i.a] : made.type;
        states[i.a] = made;
        views.a_after = made.view;
        function_.ever[i.a] |= view_bit(made.view);
    }
    if (i.op == Op::kReturn && i.a != kNoRegister && views.a_before != View::kNothing &&
        views.a_before != function_.result) {
        return refusal("a result of another type", i);
    }
    return ok_status();
}

Inference::State Inference::item_of(const State& list) const {
    const bool known = list.type != nullptr && !list.type->children.empty();
    return known ? of_type(list.type->children[0].type) : State{View::kUnusable, nullptr};
}

const Type* Inference::list_of(const Type& item) {
    for (const Type& known : made_types_) {
        if (known.children[0].type == item) {
            return &known;
        }
    }
    Type type;
    type.kind = TypeKind::kList;
    type.children.push_back({"", item});
    made_types_.push_back(std::move(type));
    return &made_types_.back();
}

Inference::State Inference::builtin_result(const Instruction& i) const {
    const BuiltinFunction* function = builtin_numbered(static_cast<Builtin>(i.d & 0xFFFF));
    if (function == nullptr) {
        return {View::kUnusable, nullptr};
    }
    switch (function->result) {
        case BuiltinResult::kInteger:
            return of_type(plain_type(TypeKind::kInteger));
        case BuiltinResult::kBigInt:
            return of_type(plain_type(TypeKind::kBigInt));
        case BuiltinResult::kDouble:
            return of_type(plain_type(TypeKind::kDouble));
        case BuiltinResult::kText:
            return of_type(plain_type(TypeKind::kVarchar));
        case BuiltinResult::kBoolean:
            return of_type(plain_type(TypeKind::kBoolean));
        case BuiltinResult::kTimestampTz:
            return of_type(plain_type(TypeKind::kTimestampTz));
        case BuiltinResult::kDate:
            return of_type(plain_type(TypeKind::kDate));
        default:
            return of_type(program_.types[static_cast<uint32_t>(i.d) >> 16]);
    }
}

// Of lists and records, and of their parts.
Result<Inference::State> Inference::part_made_by(const Instruction& i, const States& states) {
    switch (i.op) {
        case Op::kMakeList: {
            for (size_t k = 0; k < i.c; ++k) {
                const State& item = states[static_cast<size_t>(i.b) + k];
                if (item.type != nullptr) {
                    return State{View::kObject, list_of(*item.type)};
                }
            }
            return State{View::kObject, nullptr};
        }
        case Op::kJoinLists:
            return states[i.b].view == View::kNothing ? states[i.c] : states[i.b];
        case Op::kIndexList:
        case Op::kListNext:
            if (states[i.b].view != View::kNothing && item_of(states[i.b]).view == View::kUnusable) {
                return refusal("a list whose items have no known type", i);
            }
            return states[i.b].view == View::kNothing ? State{} : item_of(states[i.b]);
        case Op::kField: {
            const Type* record = states[i.b].type;
            if (states[i.b].view == View::kNothing) {
                return State{};
            }
            if (record == nullptr || static_cast<size_t>(i.d) >= record->children.size()) {
                return refusal("a record whose fields have no known type", i);
            }
            return of_type(record->children[static_cast<size_t>(i.d)].type);
        }
        case Op::kStoreField:
            return states[i.a].view == View::kNothing ? of_type(program_.types[i.c]) : states[i.a];
        case Op::kStoreFieldNamed:
            return states[i.a].view == View::kNothing ? State{View::kObject, nullptr} : states[i.a];
        default:  // kStoreItem
            if (states[i.a].view != View::kNothing) {
                return states[i.a];
            }
            return State{View::kObject, states[i.c].type == nullptr ? nullptr : list_of(*states[i.c].type)};
    }
}

Result<Inference::State> Inference::made_by(const Instruction& i, const States& states) {
    const auto type_at = [&](int64_t index) { return of_type(program_.types[static_cast<size_t>(index)]); };
    switch (i.op) {
        case Op::kMakeList:
        case Op::kJoinLists:
        case Op::kIndexList:
        case Op::kListNext:
        case Op::kField:
        case Op::kStoreField:
        case Op::kStoreFieldNamed:
        case Op::kStoreItem:
            return part_made_by(i, states);
        case Op::kNull:
            return State{};
        case Op::kMove:
        case Op::kAssign:
        case Op::kNegateInt:
        case Op::kNegateHuge:
        case Op::kNegateReal:
        case Op::kConcat:
        case Op::kSlice:
            return states[i.b];
        case Op::kArithmeticHuge:
            return type_at(i.d >> 8 & 0xFFFF);
        case Op::kAddReal:
        case Op::kSubtractReal:
        case Op::kMultiplyReal:
        case Op::kDivideReal:
        case Op::kArithmeticReal:
        case Op::kIntToReal:
            return of_type(plain_type(TypeKind::kDouble));
        case Op::kArithmeticTime:
            switch (static_cast<TimeArithmetic>(i.d >> 8 & 0xFF)) {
                case TimeArithmetic::kIntervals:
                case TimeArithmetic::kIntervalTimes:
                case TimeArithmetic::kPoints:
                    return of_type(plain_type(TypeKind::kInterval));
                default:
                    return states[i.b].view == View::kNothing ? of_type(plain_type(TypeKind::kBigInt)) : states[i.b];
            }
        case Op::kCast:
        case Op::kRecordTo:
        case Op::kMakeRecord:
            return type_at(i.d);
        case Op::kFieldNamed:
            return type_at(i.c);
        case Op::kBuiltin:
            return builtin_result(i);
        case Op::kIndexText:
            return of_type(plain_type(TypeKind::kVarchar));
        case Op::kCall: {
            const UnitFunction& callee = functions_[function_.callees[static_cast<size_t>(i.d)]];
            const CodeType& result = callee.program->signature->result;
            return State{callee.result, result.form == TypeForm::kValue ? &result.type : nullptr};
        }
        default:
            return of_type(plain_type(TypeKind::kBigInt));  // arithmetic of integers, comparisons, logic
    }
}

}  // namespace kodiak::language
